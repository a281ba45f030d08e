/**
 * Everything that a link needs, in the order in which it can be mended: consumer, requirement, provider, consent, both
 * running, the link itself. Pure. A check after one that fails is left out when it would only repeat it.
 */
import { refusedConsent } from '@pv/contract/consent';
import type { Container } from '@pv/contract/containers';
import type { LinkExplanation, ServiceOffer, ServiceRequirement } from '@pv/contract/explain';
import { hostName } from '@pv/contract/grammar';
import type { LinkStatus } from '@pv/contract/graph';
import { detailTexts, stateText } from '../../format/link.ts';

export interface Check {
  readonly check: 'consumer' | 'requirement' | 'provider' | 'consent' | 'running' | 'link';
  readonly verdict: 'yes' | 'no' | 'unknown';
  readonly text: string;
  /** What to do. */
  readonly hint?: string;
}

export type MeshView =
  | { readonly kind: 'links'; readonly links: readonly LinkStatus[] }
  | { readonly kind: 'away'; readonly reason: string; readonly hint: string };

/** Whose role counts when nothing is required yet. */
const defaultRole = 'client';

export function checkLink(explanation: LinkExplanation, containers: readonly Container[], mesh: MeshView): Check[] {
  const { consumer, consumer_exists: exists, requirements } = explanation;
  if (!exists) return [no('consumer', `there is no container ${consumer} in the running revision`, 'List the containers with: pvcontrol ls')];
  const known = yes('consumer', `${consumer} is a container of the running revision`);
  if (requirements.length === 0) return [known, notRequired(explanation), ...wouldBe(explanation)];
  return [known, ...requirements.flatMap((requirement) => checkRequirement(requirement, explanation, containers, mesh))];
}

function notRequired({ consumer, service, offers }: LinkExplanation): Check {
  const elsewhere = offers.length === 0 ? ', and no container offers it' : '';
  return no('requirement', `${consumer} does not require ${service}${elsewhere}`, `Add {"name":"${service}","target":"/run/pv/services/${service}.sock"} to services.required of ${consumer}/run.json, in a new revision`);
}

/** What would become of a requirement. */
function wouldBe({ consumer, service, offers }: LinkExplanation): Check[] {
  return offers.flatMap((offer) => [yes('provider', offerText(offer, service)), consentCheck(offer, consumer, service, defaultRole)]);
}

function checkRequirement(requirement: ServiceRequirement, explanation: LinkExplanation, containers: readonly Container[], mesh: MeshView): Check[] {
  const { consumer, service, offers } = explanation;
  const { role, target, required, file, path, provider: wanted } = requirement;
  const stated = yes('requirement', `${consumer} ${required ? 'requires' : 'would use'} ${service} as ${role}, at ${target} (${file}: ${path})`);
  const offer = offers.find(({ provider }) => wanted === undefined || wanted === provider);
  if (offer === undefined) return [stated, noOffer(requirement, explanation)];
  const running = [...new Set([consumer, offer.provider])].filter((name) => name !== hostName).map((name) => runningCheck(name, containers));
  const link = running.every(({ verdict }) => verdict === 'yes') ? [meshCheck(requirement, explanation, mesh)] : [];
  return [stated, yes('provider', offerText(offer, service)), consentCheck(offer, consumer, service, role), ...running, ...link];
}

function noOffer({ provider: wanted }: ServiceRequirement, { service, offers }: LinkExplanation): Check {
  if (offers.length === 0) return no('provider', `no container offers ${service}`, 'Install a container whose services.json exports it');
  return no('provider', `${wanted ?? ''} does not offer ${service}; ${offers.map(({ provider }) => provider).join(', ')} does`, 'Change "provider" of the requirement, in a new revision');
}

function offerText({ provider, type, socket }: ServiceOffer, service: string): string {
  return `${provider === hostName ? 'the host' : provider} offers ${service} as ${type}, at ${socket}`;
}

function consentCheck({ provider, roles, consumers }: ServiceOffer, consumer: string, name: string, role: string): Check {
  const lists = { ...(roles === undefined ? {} : { roles }), ...(consumers === undefined ? {} : { consumers }) };
  const refusal = refusedConsent({ consumer, provider, name, role, ...lists });
  if (refusal !== undefined) return no('consent', refusal.text, `Add it to "${refusal.rule}" of ${provider}/services.json, in a new revision`);
  if (provider === hostName) return yes('consent', 'the host lets every role onto its bus; what a role may do there is in the manifests, under "allow"');
  return yes('consent', `${provider} accepts ${listed('role', roles)} and ${listed('consumer', consumers)}`);
}

function listed(what: string, list: readonly string[] | undefined): string {
  return list === undefined || (what === 'role' && list.includes('any')) ? `every ${what}` : `the ${what}${list.length === 1 ? '' : 's'} ${list.join(', ')}`;
}

function runningCheck(name: string, containers: readonly Container[]): Check {
  const container = containers.find((one) => one.name === name);
  if (container !== undefined && container.pid > 0) return yes('running', `${name} runs, with pid ${container.pid}`);
  const status = container?.status ?? 'not there';
  return no('running', `${name} does not run: it is ${status}`, container?.restart_policy === 'container' ? `Start it with: pvcontrol containers start ${name}` : 'Its console log says why: <rundir>/logs/<revision>/<container>/<engine>/console.log');
}

function meshCheck({ target }: ServiceRequirement, { consumer }: LinkExplanation, mesh: MeshView): Check {
  if (mesh.kind === 'away') return { check: 'link', verdict: 'unknown', text: mesh.reason, hint: mesh.hint };
  const link = mesh.links.find((one) => one.consumer === consumer && one.target === target);
  if (link === undefined) return no('link', 'pv-xconnect does not have it yet', 'Try again in a second; pantavisor.log has its messages under pv-xconnect-out and pv-xconnect-err');
  const text = [`${stateText(link)}, since ${link.since}`, ...detailTexts(link)].join('; ');
  if (link.state === 'established') return yes('link', text);
  return no('link', text, link.state === 'waiting' ? 'It is made as soon as both run' : 'docs/overview/mesh.md, "States", says what to do for each reason');
}

const yes = (check: Check['check'], text: string): Check => ({ check, verdict: 'yes', text });
const no = (check: Check['check'], text: string, hint: string): Check => ({ check, verdict: 'no', text, hint });
