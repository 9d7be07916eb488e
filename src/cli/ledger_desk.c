#include "cli/ledger_desk.h"

#include "cli/console.h"

#define AT(member) offsetof(struct ledger_options, member)

const struct option ledger_options[] = {
    {"ledger", 0, "DIR", OPTION_TEXT, AT(folder), NULL,
     "signed engagements: what they cover is an authorised test"},
    {"signers", 0, "FILE", OPTION_TEXT, AT(signers), NULL,
     "who may sign them, as OpenSSH's allowed signers"},
    {0},
};

static void remarks_tell(const struct ledger *ledger)
{
    for (uint32_t i = 0; i < ledger_remark_count(ledger); i++) {
        const struct ledger_remark *remark = ledger_remark(ledger, i);
        if (remark->line)
            console_warn("%s:%u: %s", remark->path, remark->line, remark->reason);
        else
            console_warn("%s: %s", remark->path, remark->reason);
    }
}

enum status ledger_desk_open(const struct ledger_options *options, struct ledger_desk *desk,
                             struct fault *fault)
{
    *desk = (struct ledger_desk){.result = EXIT_DONE};
    if (!options->folder && !options->signers)
        return STATUS_OK;
    if (!options->folder)
        return fault_set(fault, STATUS_INVALID, 0, "--signers says nothing without --ledger");
    struct fault found;
    const enum status status =
        ledger_read(options->folder, options->signers, &desk->ledger, &found);
    if (status == STATUS_MEMORY) {
        *fault = found;
        return status;
    }
    if (status) {
        console_warn("%s: %s; nothing is covered", options->folder, found.reason);
        desk->result = EXIT_INVALID;
        return STATUS_OK;
    }
    remarks_tell(desk->ledger);
    if (ledger_has(desk->ledger, LEDGER_INVALID))
        desk->result = EXIT_INVALID;
    if (ledger_has(desk->ledger, LEDGER_UNVERIFIED))
        desk->result = EXIT_UNVERIFIED;
    return STATUS_OK;
}

void ledger_desk_close(struct ledger_desk *desk)
{
    ledger_free(desk->ledger);
    desk->ledger = NULL;
}
