/**
 * Looks for PCM buffers of NONCONTIG or NONCOHERENT memory whose driver leaves the status and control records to be mapped: the buffer is
 * not managed and the flag never set, or the core's flag is taken away. Silent where the driver names one of the two flags.
 */
import { type SharedPointers, sharedPointers } from "../../analysis/aliases/shared-pointers.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "alsa/status-mmap-alias",
    group: "alsa",
    severity: "warning",
    stage: "preview",
    summary:
      "A PCM whose buffer needs syncs must say SNDRV_PCM_INFO_EXPLICIT_SYNC, so that the application moves its pointer by ioctl.",
    why: "With the control record mapped, the application writes samples and moves appl_ptr without a call. The kernel never hears of it and never cleans the cache: the device plays what was in memory before. On an aliasing cache even the pointer stays in a line that the kernel does not look at.",
    remedy:
      "Let ALSA manage the buffer: snd_pcm_set_managed_buffer_all() sets the flag; else hw.info |= SNDRV_PCM_INFO_EXPLICIT_SYNC.",
    basis: [
      "sound/core/pcm_native.c:2808-2813 (6.12.117): the core sets EXPLICIT_SYNC in managed mode, after the open",
      "sound/core/pcm_native.c:3778-3810 (6.12.117): with it, status and control are not mapped",
      "include/uapi/sound/asound.h:297 (6.12.117): needs explicit sync of pointers and data",
      "Takashi Iwai, alsa-devel, 8 May 2008: status and control records are mapped on coherent architectures only",
    ],
    when: "Devices that are not cache coherent, on x86, PowerPC and Alpha, where ALSA maps the records; caches with aliases.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const shared of sharedPointers(facts)) {
    const { function: owner, statement, buffer } = shared;
    const span = spanOf(statement);
    const made = spanOf(buffer.statement);
    yield {
      ...span,
      message: wordsOf(facts, shared),
      function: owner.name,
      path: [
        ...(statement === buffer.statement
          ? []
          : [
              {
                ...made,
                function: buffer.function.name,
                statement: buffer.statement.id,
                role: "allocate" as const,
                note: "buffer made here",
              },
            ]),
        {
          ...span,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: statement === buffer.statement ? "buffer made here" : "flag lost here",
        },
      ],
      subjects: [shared.type],
      fixes: [],
    };
  }
}

function spanOf(statement: SharedPointers["statement"]): FileSpan {
  const { file, start, end } =
    statement.kind === "call" ? statement.calleeSpan : statement.kind === "assign" ? statement.target : statement;
  return { file, start, end };
}

function wordsOf(facts: Facts, { how, buffer, type, function: owner, statement }: SharedPointers): string {
  const rest = "the application may map the control record and move its pointer with no sync of the samples.";
  if (how === "never-set")
    return `${buffer.name}() makes a buffer of ${type} that the driver manages itself, and nothing says SNDRV_PCM_INFO_EXPLICIT_SYNC: ${rest}`;
  const place = statement.kind === "assign" ? facts.textOfPlace(owner, statement.target) : "the info";
  const verb = how === "cleared" ? "takes SNDRV_PCM_INFO_EXPLICIT_SYNC away" : "is overwritten after the open";
  return `${place} ${verb}, which the buffer of ${type} needs: ${rest}`;
}
