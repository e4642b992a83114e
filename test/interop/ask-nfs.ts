import { check } from '../../packages/auditor/src/checks/is-an-nfs-export-open-to-all/check.ts';
import { askOne } from '../../packages/auditor/src/testing/ask.ts';

/** Run inside the network of the NFS server: prints the verdict about the port mapper there as JSON. */
const RPCBIND_PORT = 111;
process.stdout.write(JSON.stringify(await askOne(check, { port: RPCBIND_PORT, protocol: 'rpcbind' })));
