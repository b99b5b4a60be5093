import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Conversation } from '../fakes/freeq/conversation.ts';
import { SCRIPTS, type Script } from '../fakes/freeq/conversations.ts';
import { type OpenStage, realStage, scriptedStage } from '../servers/freeq-stage.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

/**
 * What a real freeq server said lies in test/fakes/freeq/recorded/. The scripted server says the same, line for line; and so does a real one
 * where `FREEQ_SERVER` names it. `FREEQ_RECORD=1` with it writes the records anew.
 */
describe('freeq servers say what they were recorded to say', { timeout: 240_000 }, () => {
  const recorded = (name: string): string => join(import.meta.dirname, '../fakes/freeq/recorded', `${name}.txt`);
  const dir = makeTempDir('freeq');

  async function hold({ hold: talkThrough }: Script, stage: OpenStage): Promise<string> {
    const talk = new Conversation(stage);
    try {
      await talkThrough(talk);
    } finally {
      talk.end();
      await stage.close();
    }
    return `${talk.lines.join('\n')}\n`;
  }

  async function onReal(t: TestContext, script: Script): Promise<string | undefined> {
    const stage = await realStage(join(dir, script.name), script.federated === true);
    if (typeof stage !== 'string') return await hold(script, stage);
    t.skip(stage);
    return undefined;
  }

  for (const script of SCRIPTS) {
    test(`${script.name}: the scripted server`, async () => {
      const said = await hold(script, await scriptedStage(script.federated === true));
      assert.ok(existsSync(recorded(script.name)), `nothing is recorded of ${script.name}`);
      assert.deepEqual(said.split('\n'), readFileSync(recorded(script.name), 'utf8').split('\n').slice(1));
    });

    test(`${script.name}: a real server`, async (t) => {
      const said = await onReal(t, script);
      if (said === undefined) return;
      const head = `# ${script.about} Recorded from a real freeq server at 4cff3e32.\n`;
      if (process.env.FREEQ_RECORD === '1') writeFileSync(recorded(script.name), head + said);
      assert.deepEqual(said.split('\n'), readFileSync(recorded(script.name), 'utf8').split('\n').slice(1));
    });
  }
});
