/** A stand-in for pv-core that ends with its test. */
import { GraphServer } from '@pv/testkit/mesh/graph-server';
import { onTestFinished } from 'vitest';

export class FakeCore extends GraphServer {
  constructor(path: string) {
    super(path);
    onTestFinished(() => this.stop());
  }
}
