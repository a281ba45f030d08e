import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

/** What CycloneDX's own schema has against it; null: nothing. */
export async function bomProblems(text: string): Promise<unknown> {
  return new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
}
