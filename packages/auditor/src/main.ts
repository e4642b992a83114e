/** The command that will find what an organisation left open. Until it can, it says so and exits with 2. */
process.stderr.write(
  'leadglass-auditor: not yet. This version of Leadglass has the archive only; `leadglass check` looks at your own\n' +
    'installation. What the auditor will do is in the "Not yet" list of README.md.\n',
);
process.exitCode = 2;
