/**
 * Planted systems as a process of their own: `node fleet-process.ts [PLAN]`. It starts the systems of the study, or
 * those of a plan (JSON, see `FleetPlan`), and prints 'ready N'; the line 'later' on its input makes the study what it
 * is sixty days later, and it says 'ready N' again. It ends with its input.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type FleetPlan, STUDY_PORTS } from './fleet.ts';
import { startPlanted } from './planted-system.ts';
import { plantedAfter, plantedBefore, type PlantedSystem } from './study-2019.ts';

const [planFile] = process.argv.slice(2);
const plan: FleetPlan =
  planFile === undefined
    ? { systems: plantedBefore(), ports: STUDY_PORTS }
    : (JSON.parse(readFileSync(planFile, 'utf8')) as FleetPlan);

const running = new Map<string, AsyncDisposable[]>();

async function become(systems: readonly PlantedSystem[]): Promise<void> {
  for (const system of systems) {
    const name = `${system.address} ${system.form}`;
    for (const [other, servers] of running) {
      if (other === name || !other.startsWith(`${system.address} `)) continue;
      running.delete(other);
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    }
    if (!running.has(name)) running.set(name, await startPlanted(system, plan.ports));
  }
  process.stdout.write(`ready ${[...running.values()].filter((servers) => servers.length > 0).length}\n`);
}

let { systems } = plan;
await become(systems);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'later') await become((systems = plantedAfter(systems)));
}
process.exit(0);
