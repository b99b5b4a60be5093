/** Places at which a test build of the world may end this process, so that a crash there can be proven harmless. */
export type FailpointName =
  | 'after-transaction-stored'
  | 'before-transaction-answered'
  | 'after-network-line-stored'
  | 'after-sending-marked'
  | 'after-matrix-answer'
  | 'after-matrix-done'
  | 'after-socket-write'
  | 'after-network-confirmed'
  | 'during-read-back'
  | 'during-history'
  | 'during-migration'
  | 'after-agreement-cut'
  | 'after-agreement-shut-out'
  | 'after-shut-out-noted';

/** Does nothing unless `CAUSEWAY_FAILPOINT=name@k` names this place: then the k-th visit is `kill -9` of ourselves. */
export type Failpoint = (name: FailpointName) => void;
