/** `graph why`: goes through all that a link needs, in order, and says what is missing and what to do. Exit code 0: usable. */
import type { Client } from '@pv/client/client';
import type { Result } from '@pv/client/types';
import type { Container } from '@pv/contract/containers';
import type { LinkExplanation } from '@pv/contract/explain';
import type { LinkStatus } from '@pv/contract/graph';
import { errorCatalogue } from '@pv/contract/errors';
import type { Command } from '../../verb.ts';
import { type Check, checkLink, type MeshView } from './reasons.ts';

const marks: Readonly<Record<Check['verdict'], string>> = { yes: 'yes', no: 'NO', unknown: '?' };

export const graphWhy: Command = {
  nouns: ['graph'], verbs: ['why'], operands: ['CONSUMER', 'SERVICE'], summary: 'Explain why a container can use a service, or not', example: 'pvcontrol graph why pv-example-unix-client raw-unix',
  perform: async ({ client, operands: [consumer = '', service = ''] }) => {
    const explained = await client.call('explainLink', { params: { consumer, service } });
    if (explained.kind !== 'ok') return explained;
    if (explained.value.consumer !== consumer) throw new Error(`it does not explain ${consumer}`);
    const containers = await client.call('listContainers');
    if (containers.kind !== 'ok') return containers;
    const answer = answerOf(explained.value, containers.value, await meshView(client));
    return { kind: 'ok', text: JSON.stringify(answer), value: () => wordsOf(answer), exit: answer.usable ? 0 : 1 };
  },
};

interface WhyAnswer {
  readonly consumer: string;
  readonly service: string;
  readonly usable: boolean;
  readonly checks: readonly Check[];
}

function answerOf(explanation: LinkExplanation, containers: readonly Container[], mesh: MeshView): WhyAnswer {
  const { consumer, service } = explanation;
  const checks = checkLink(explanation, containers, mesh);
  return { consumer, service, usable: checks.every(({ verdict }) => verdict === 'yes'), checks };
}

async function meshView(client: Client): Promise<MeshView> {
  const result: Result<LinkStatus[]> = await client.call('getLinkStatus');
  switch (result.kind) {
    case 'ok': return { kind: 'links', links: result.value };
    case 'refused': return { kind: 'away', reason: result.error, hint: result.hint ?? errorCatalogue['mesh-away'].hint };
    case 'unreachable': return { kind: 'away', reason: result.reason, hint: errorCatalogue['core-away'].hint };
  }
}

function wordsOf({ consumer, service, usable, checks }: WhyAnswer): string {
  const lines = checks.flatMap(({ check, verdict, text, hint }) => [
    `  ${marks[verdict].padEnd(4)} ${check.padEnd(11)}  ${text}`, ...(hint === undefined ? [] : [`${' '.repeat(20)}${hint}`]),
  ]);
  return `${consumer} ${usable ? 'can use' : 'cannot use'} ${service}:\n${lines.join('\n')}\n`;
}
