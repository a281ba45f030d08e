/** Status of groups and of the revision; writes the lines that users and tests wait for, once per change. */
import type { ContainerStatus } from '@pv/contract/containers';
import type { GroupName } from '@pv/contract/names';
import type { Logger } from '@pv/runtime/log';
import { groupStatus, type Member, worst } from '@pv/state/goals';
import type { Revision } from '@pv/state/model';

export class StatusReport {
  revisionStatus: ContainerStatus = 'NONE';
  readonly #groups = new Map<GroupName, ContainerStatus>();
  readonly #revision: Revision;
  readonly #log: Logger;

  constructor(revision: Revision, log: Logger) {
    this.#revision = revision;
    this.#log = log;
  }

  groupStatus(name: GroupName): ContainerStatus {
    return this.#groups.get(name) ?? 'NONE';
  }

  update(members: readonly Member[]): void {
    for (const { name } of this.#revision.groups) {
      const own = members.filter(({ group }) => group === name);
      const status = groupStatus(own);
      if (status === this.#groups.get(name)) continue;
      this.#groups.set(name, status);
      if (own.length > 0) this.#log.for('group').info(`group '${name}' status is now ${status}`);
    }
    const status = worst([...this.#groups.values()]);
    if (status === this.revisionStatus) return;
    this.revisionStatus = status;
    this.#log.for('state').info(`state revision '${this.#revision.name}' status is now ${status}`);
  }
}
