/** In what we wrote into a room and may take back. What has no such mark is other people's, and stays. */
export const MANAGED_MARK = 'coop.causeway.managed';
