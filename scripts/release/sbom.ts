/** The bill of materials of a release, CycloneDX 1.6: our programs, and the libraries that are in each by esbuild's word. */
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Library } from './libraries.ts';

export interface Part {
  readonly name: string;
  readonly summary: string;
  readonly libraries: readonly Library[];
}

/** JSON, the same for the same input: it has no serial number, and no time. */
export function sbom(release: { readonly name: string; readonly version: string; readonly licence: string }, parts: readonly Part[]): string {
  const libraries = new Map(parts.flatMap((part) => part.libraries).map((library) => [refOf(library), libraryComponent(library)]));
  const whole = application(release.name, release.version, release.licence);
  const applications = parts.map((part) => {
    const component = application(part.name, release.version, release.licence, part.summary);
    for (const library of part.libraries) dependOn(component, libraries.get(refOf(library)));
    dependOn(whole, component);
    return component;
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: whole }), components: new Models.ComponentRepository([...applications, ...libraries.values()]) });
  return `${new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)).serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function refOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`;
}

function dependOn(component: Models.Component, other: Models.Component | undefined): void {
  if (other !== undefined) component.dependencies.add(other.bomRef);
}

function application(name: string, version: string, licence: string, description?: string): Models.Component {
  return new Models.Component(Enums.ComponentType.Application, name, { bomRef: refOf({ name, version }), version, licenses: licences(licence), ...(description === undefined ? {} : { description }) });
}

function libraryComponent({ name, version, licence, integrity }: Library): Models.Component {
  const [group, own] = name.startsWith('@') ? (name.split('/') as [string, string]) : [undefined, name];
  return new Models.Component(Enums.ComponentType.Library, own, {
    bomRef: refOf({ name, version }), version, licenses: licences(licence),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-512'], Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex')]]),
    ...(group === undefined ? {} : { group }),
  });
}

function licences(spdx: string): Models.LicenseRepository {
  return new Models.LicenseRepository([/[ ()]/.test(spdx) ? new Models.LicenseExpression(spdx) : new Models.SpdxLicense(spdx)]);
}
