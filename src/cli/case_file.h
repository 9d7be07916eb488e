/* The cases of an earlier scan, in the JSON lines that it wrote, judged again by a ledger: what
 * `verdict`, `contain` and `engagement show` have in common. */
#ifndef IMPOUND_CLI_CASE_FILE_H
#define IMPOUND_CLI_CASE_FILE_H

#include "cli/ledger_desk.h"
#include "cli/output.h"
#include "verdict/verdict.h"

#include <stdio.h>

struct case_file {
    const char *path;
    FILE *from;
    struct ledger_desk desk; /* its result also tells of broken cases */
    struct arena arena;      /* of one case */
    uint64_t line, findings, cases;
};

/* Opens the file, the ledger and the output, then closes the sandbox unless it is not wanted. To be
 * closed whatever the outcome; the output is the caller's, and NULL when it was not opened. */
enum status case_file_open(struct case_file *file, const char *path,
                           const struct ledger_options *ledger, const char *output_path,
                           bool no_sandbox, struct output **output, struct fault *fault) MUST_CHECK;
void case_file_close(struct case_file *file);

/* Gets each case with its line and its verdict; they live during the call, in file->arena.
 * STATUS_INVALID is told with the line, and the others come all the same. */
typedef enum status case_use(void *context, struct bytes line, const struct case_record *record,
                             const struct ledger_verdict *verdict, struct fault *fault);
enum status case_file_each(struct case_file *file, case_use *use, void *context,
                           struct fault *fault) MUST_CHECK;

#endif
