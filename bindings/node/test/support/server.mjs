// burgee-local-server as a process, and its control endpoint.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { repository } from './paths.mjs';

const program = join(
  repository,
  'build',
  process.platform === 'win32' ? 'burgee-local-server.exe' : 'burgee-local-server',
);
let built = false;

function build() {
  if (!built) {
    execFileSync('go', ['build', '-o', program, './engine/cmd/burgee-local-server'], { cwd: repository });
    built = true;
  }
}

/** Starts a server of document; close() ends it. */
export async function startServer(document, ...args) {
  build();
  const folder = mkdtempSync(join(tmpdir(), 'burgee-node-'));
  const file = join(folder, 'flags.json');
  writeFileSync(file, JSON.stringify(document));
  const child = spawn(program, ['--file', file, '--quiet', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await new Promise((resolve, reject) => {
    lines.once('line', (text) => resolve([text]));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const { url, control } = JSON.parse(line);
  const send = async (method, path, body) => {
    const response = await fetch(control + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    url,
    control,
    folder,
    send,
    async close() {
      const exit = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
