import type { Stores } from '../../ports/stores.ts';
import { authorityStore } from './authority-store.ts';
import { cursorStore } from './cursor-store.ts';
import { directStore } from './direct-store.ts';
import { ghostStore } from './ghost-store.ts';
import { heldPlanStore } from './held-plan-store.ts';
import { identityLinkStore } from './identity-link-store.ts';
import { inboxStore } from './inbox-store.ts';
import { linkStore } from './link-store.ts';
import { memberStore } from './member-store.ts';
import { outboxStore } from './outbox-store.ts';
import { pageStore } from './page-store.ts';
import { policyStore } from './policy-store.ts';
import { portalStore } from './portal-store.ts';
import { puppetStore } from './puppet-store.ts';
import { scimRowStore } from './scim-row-store.ts';
import { visitorStore } from './visitor-store.ts';

/** Every store: the same SQL on both engines, and no state of their own. */
export const stores: Stores = {
  inbox: inboxStore,
  outbox: outboxStore,
  link: linkStore,
  cursor: cursorStore,
  portal: portalStore,
  ghost: ghostStore,
  puppet: puppetStore,
  member: memberStore,
  authority: authorityStore,
  identityLink: identityLinkStore,
  scim: scimRowStore,
  heldPlan: heldPlanStore,
  page: pageStore,
  visitor: visitorStore,
  direct: directStore,
  policy: policyStore,
};
