/** Why the sandbox does not start, in words for the person; nothing is wrong with the program. */
export class SandboxRefusal extends Error {}
