import { listenAddress } from '../listen.ts';
import type { ConfigProblem } from '../problem.ts';
import type { Config } from '../schema.ts';
import type { YamlTree } from '../yaml-tree.ts';
import { authorityWarnings } from './authority-warnings.ts';
import { isNear } from './near.ts';

/** What is allowed and yet worth a second look: printed at the start and by `causeway check`, stopping nothing. */
export function warningsOf(config: Config, tree: YamlTree): ConfigProblem[] {
  const warnings: ConfigProblem[] = [];
  if (config.authority.source === 'none') {
    warnings.push(
      tree.problemAt(
        ['authority', 'source'],
        'Nobody is asked who is a member: everybody on the homeserver and on the networks is let in.',
        '',
      ),
    );
  }
  if (config.appservice.queryToken) {
    warnings.push(
      tree.problemAt(
        ['appservice', 'queryToken'],
        'The homeserver’s token is also taken from URLs, which end up in logs.',
        'Leave it out, unless the homeserver is old.',
      ),
    );
  }
  if (!isNear(listenAddress(config.http.listen).host)) {
    warnings.push(
      tree.problemAt(
        ['http', 'listen'],
        'Health and metrics answer other machines too.',
        'Keep the port behind a firewall or in a private network.',
      ),
    );
  }
  for (const [n, { server, id }] of config.networks.entries()) {
    if (!server.tls && !isNear(server.host)) {
      warnings.push(
        tree.problemAt(
          ['networks', n, 'server', 'tls'],
          `What is said on ${id} travels unencrypted to ${server.host}, passwords included.`,
          'Set tls to true.',
        ),
      );
    }
  }
  return [...warnings, ...authorityWarnings(config, tree)];
}
