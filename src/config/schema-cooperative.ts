import { z } from 'zod';
import { key } from './doc.ts';
import { line, room, serverName } from './forms.ts';

/** The part of the configuration below `cooperative`: its Space, its groups and the rooms of its house-keeping. */

const aliasForm =
  'the localpart of its alias, such as "#willow", a full alias or a room id (in quotes: # begins a comment)';

const group = z.strictObject({
  id: key(z.string().regex(/^[a-z0-9-]{1,40}$/), {
    text: 'The group as the authority names it.',
    form: '1 to 40 of a-z, 0-9 and -',
    example: 'garden',
  }),
  name: key(line(120), { text: 'The group as people name it.', example: 'Garden group' }),
  space: key(room().optional(), {
    text: 'Its Space, below the cooperative’s. Otherwise made with the alias of the cooperative’s, a hyphen and the id.',
    form: aliasForm,
    example: '"#willow-garden"',
    reload: true,
  }),
  parent: key(z.string().max(40).optional(), {
    text: 'Group in whose Space this one’s stands. Nothing is inherited: a seat in one is no seat in the other.',
    example: 'house',
    reload: true,
  }),
  state: key(z.enum(['active', 'hibernating', 'archived']).default('active'), {
    text: '`hibernating`: its rooms can be read and the bridge pauses. `archived`: its rooms are frozen and the bridge lets go of them.',
    reload: true,
  }),
  hidden: key(z.boolean().default(false), {
    text: 'The group’s roster is nobody else’s business: its rooms stand in no list, and no names of members go to networks.',
    reload: true,
  }),
});

export const cooperativeSchema = z.strictObject({
  name: key(line(120), { text: 'Name of the cooperative, as people see it.', example: 'Willow Housing Co-op' }),
  space: key(room().optional(), {
    text: 'Space that holds the rooms. Without it there are no Spaces.',
    form: aliasForm,
    example: '"#willow"',
    reload: true,
  }),
  lobby: key(room().optional(), {
    text: 'Room that everybody of the homeserver may enter, to ask for admission with `!causeway request #room`. Made when missing.',
    form: aliasForm,
    example: '"#willow-lobby"',
    reload: true,
  }),
  adminRoom: key(room().optional(), {
    text: 'Room in which Causeway reports what it holds back, what it put right and what needs somebody. The council and `admins` are invited. Made when missing.',
    form: aliasForm,
    example: '"#willow-admin"',
    reload: true,
  }),
  mapUrl: key(
    z
      .string()
      .max(1000)
      .regex(/^https?:\/\/[^\s\p{Cc}]+$/u)
      .refine((url) => url.includes('{lat}') && url.includes('{lon}'))
      .optional(),
    {
      text: 'Link to the cooperative’s own map, for people on the networks when somebody shares a place on Matrix. Otherwise OpenStreetMap.',
      form: 'an http(s) URL with {lat} and {lon} in it',
      example: 'https://map.willow.example/?lat={lat}&lon={lon}',
    },
  ),
  admins: key(
    z
      .array(
        z
          .string()
          .max(255)
          .regex(/^@[^\s:\p{Cc}]+:[^\s\p{Cc}]+$/u),
      )
      .max(100)
      .default([]),
    {
      text: 'Matrix ids that may confirm and ask everything in the admin room, besides the council.',
      form: 'a list of Matrix ids in quotes, such as ["@ada:willow.example"]',
      example: '["@ada:willow.example"]',
      reload: true,
    },
  ),
  servers: key(z.array(serverName()).max(1000).default([]), {
    text: 'Other homeservers whose people may be in federated rooms. Nobody else’s may, but for those of agreements: each such room lists these, our own and no other.',
    form: 'a list of server names, such as [elm.example]',
    example: '[elm.example]',
    reload: true,
  }),
  groups: key(z.array(group).max(1000).default([]), {
    text: 'Groups of the cooperative that channels can belong to.',
    reload: true,
  }),
});
