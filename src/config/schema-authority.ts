import { z } from 'zod';
import { ROLES, STATUSES } from '../core/authority/member.ts';
import { env, file, key, secretFile } from './doc.ts';
import { count, httpUrl, line, publicKeys, secret } from './forms.ts';

/** The part of the configuration below `authority`: who says who is a member. */

const seconds = (least = 1) => count(86_400, least);

const scim = z.strictObject({
  url: key(httpUrl().optional(), {
    text: 'Base URL of a SCIM service that is asked. Without it Causeway is the service: the directory writes to http.listen under /scim/v2.',
    form: 'an http(s) URL without a slash at the end, such as https://id.willow.example/scim/v2',
    example: 'https://id.willow.example/scim/v2',
  }),
  token: key(secret().optional(), {
    text: 'Bearer token: of the service that is asked, or with which the directory writes to us (32 characters or more).',
    secret: true,
    example: env('SCIM_TOKEN'),
  }),
  tokenFile: secretFile('token'),
  intervalSeconds: key(seconds().default(30), { text: 'How often the service is asked.' }),
});

const ldap = z.strictObject({
  url: key(z.string().regex(/^ldaps?:\/\/[^\s/?#@]+$/), {
    text: 'The directory server.',
    form: 'ldap://host:port or ldaps://host:port',
    example: 'ldap://127.0.0.1:389',
  }),
  bindDn: key(line(500).optional(), { text: 'Whom to bind as.', example: 'cn=causeway,dc=willow,dc=example' }),
  password: key(secret().optional(), { text: 'Its password.', secret: true, example: env('LDAP_PASSWORD') }),
  passwordFile: secretFile('password'),
  caFile: key(file(), {
    text: 'Certificates (PEM) of whoever signed the server’s: then nobody else is believed. Otherwise those that Node trusts.',
    form: 'a path',
    path: 'read',
    example: './ldap-ca.pem',
  }),
  base: key(line(500), { text: 'Where people and groups are.', example: 'dc=willow,dc=example' }),
  peopleFilter: key(line(1000).default('(objectClass=inetOrgPerson)'), { text: 'Filter that finds people.' }),
  groupsFilter: key(line(1000).default('(objectClass=groupOfNames)'), {
    text: 'Filter that finds groups. Groups whose cn is the id of a group of the cooperative are its seats; one named like a role gives that role.',
  }),
  subjectAttribute: key(line(60).default('entryUUID'), { text: 'Attribute that names a person for ever.' }),
  matrixAttribute: key(line(60).default('matrixId'), { text: 'Attribute that holds the Matrix id.' }),
  ircAttribute: key(line(60).default('ircAccount'), { text: 'Attribute that holds accounts, as network/account.' }),
  statusAttribute: key(line(60).default('employeeType'), {
    text: 'Attribute that holds the standing; absent = active.',
  }),
  intervalSeconds: key(seconds().default(30), {
    text: 'How often it is asked where it cannot push changes (RFC 4533).',
  }),
});

const matrixId = () =>
  z
    .string()
    .max(255)
    .regex(/^@[^\s:\p{Cc}]+:[^\s\p{Cc}]+$/u);

const coopApi = z.strictObject({
  url: key(httpUrl(), { text: 'Base URL of the API.', example: 'http://127.0.0.1:3000' }),
  token: key(secret(), {
    text: 'Shared bearer token of its internal routes.',
    secret: true,
    example: env('COOP_API_TOKEN'),
  }),
  tokenFile: secretFile('token'),
  people: key(z.record(z.string().min(1).max(255), matrixId()).default({}), {
    text: 'Whom to ask about: the API names nobody by itself. Its `sub` of each person, then their Matrix id.',
    form: 'a map, such as {8f1c: "@ada:willow.example"}',
    example: '{8f1c: "@ada:willow.example"}',
  }),
  intervalSeconds: key(seconds().default(30), { text: 'How often each person is asked about.' }),
});

const decisions = z.strictObject({
  url: key(httpUrl(), {
    text: 'Base URL of the AuthZEN decision point.',
    example: 'http://127.0.0.1:3592',
  }),
  token: key(secret().optional(), {
    text: 'Bearer token, where it wants one.',
    secret: true,
    example: env('PDP_TOKEN'),
  }),
  tokenFile: secretFile('token'),
});

const events = z.strictObject({
  issuer: key(line(300).regex(/^\S+$/), {
    text: 'Who signs the events (`iss`), to the letter.',
    example: 'https://id.willow.example',
  }),
  audience: key(line(300).regex(/^\S+$/), {
    text: 'Whom they are for (`aud`): the name under which Causeway was registered with the issuer.',
    example: 'https://bridge.willow.example/events',
  }),
  jwksUrl: key(httpUrl().optional(), {
    text: 'Where the issuer publishes its keys. They are read again every five minutes, and when an unknown one is named.',
    form: 'an http(s) URL, such as https://id.willow.example/jwks',
    example: 'https://id.willow.example/jwks',
  }),
  jwks: key(publicKeys().optional(), {
    text: 'The issuer’s public keys themselves, instead of a URL.',
    form: 'a key set, such as {keys: [{kty: OKP, crv: Ed25519, kid: a, x: …}]}',
    sample: 'hide',
  }),
});

/** Another's word for each of ours. */
const words = <T extends readonly [string, ...string[]]>(ours: T) => z.record(line(60), z.enum(ours)).default({});

export const authoritySchema = z.strictObject({
  source: key(z.enum(['none', 'file', 'scim', 'ldap', 'coop-api']).default('none'), {
    text: 'Who says who is a member. `none`: everybody on the homeserver and on the networks is let in, and the start says so. `file`: a list that you write. `scim`, `ldap`, `coop-api`: a directory.',
    form: 'none, file, scim, ldap or coop-api',
    sample: 'live',
  }),
  path: key(file(), {
    text: 'With `file`: the list of members, YAML or JSON. It is watched: what you save takes effect at once.',
    form: 'a path',
    path: 'write',
    example: './members.yaml',
  }),
  scim: key(scim.optional(), { text: 'With `scim`: how the directory and Causeway meet.' }),
  ldap: key(ldap.optional(), { text: 'With `ldap`: the directory server.' }),
  coopApi: key(coopApi.optional(), { text: 'With `coop-api`: the API.' }),
  decisions: key(decisions.optional(), {
    text: 'A policy engine that is asked in addition before anybody is let in. It can only refuse what the authority allows.',
  }),
  events: key(events.optional(), {
    text: 'Security events that are pushed to us (POST /events on http.listen): each has the authority asked at once.',
  }),
  issuer: key(line(300).regex(/^\S+$/).optional(), {
    text: 'Name under which subjects are known (`iss`). Otherwise the homeserver’s name.',
    example: 'https://id.willow.example',
  }),
  mode: key(z.enum(['observe', 'enforce']).default('enforce'), {
    text: '`observe`: only say what would be done. `enforce`: do it; in a room that already has people, after you confirmed the plan.',
    reload: true,
  }),
  statuses: key(words(STATUSES), {
    text: 'What the authority calls standings, where it has other words: its word, then one of applicant, provisional, active, hibernating, suspended, departed, expelled. A standing that nobody explained changes nothing and raises an alert.',
    form: 'a map, such as {sabbatical: hibernating}',
    example: '{sabbatical: hibernating}',
  }),
  roles: key(words(ROLES), {
    text: 'What the authority calls roles, where it has other words: its word, then one of member, operator, coordinator, council.',
    form: 'a map, such as {board: council}',
    example: '{board: council}',
  }),
  softSeconds: key(seconds().default(60), {
    text: 'Answers older than this let nobody new in.',
    reload: true,
  }),
  hardSeconds: key(seconds().default(900), {
    text: 'Answers older than this: each channel’s `staleness` decides whether its people go on talking.',
    reload: true,
  }),
  guardWindowSeconds: key(seconds(0).default(600), {
    text: 'Members whom the authority has removed one by one within this time add up: more than 5 and more than a tenth of a room wait for a confirmation, or for this time to pass. 0: each removal counts by itself.',
    reload: true,
  }),
  reconcileSeconds: key(seconds(10).default(900), {
    text: 'How often everything is compared with what it should be.',
  }),
  audit: key(z.string().min(1).max(4096).default('./data/audit.jsonl'), {
    text: 'The record of what was decided about people and why: append-only, each entry chained to the one before.',
    form: 'a path',
    path: 'write',
  }),
});
