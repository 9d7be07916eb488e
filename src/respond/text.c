#include "respond/respond.h"

#include "reports/escape.h"

static void line_write(struct buffer *to, const char *name, struct bytes text)
{
    if (text.length)
        buffer_format(to, "   %-11s%.*s\n", name, (int)text.length, (const char *)text.data);
}

void plan_write_text(const struct plan *plan, struct buffer *to)
{
    buffer_text(to, "Case ");
    escape_text(to, bytes_of_text(plan->record->id));
    buffer_format(to, "  %s\n", ledger_status(plan->standing));
    escape_text(to, plan->record->title);
    buffer_text(to, plan->standing == LEDGER_COVERED
                        ? "\n\nAn authorised test. Ask, do not contain.\n"
                        : "\n\nA plan. Nothing was done. Keep to the order; do not begin with the "
                          "accounts.\n");
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_action *action = &plan->actions[i];
        buffer_format(to, "\n%2u ", i + 1);
        buffer_bytes(to, action->what.data, action->what.length);
        buffer_byte(to, '\n');
        line_write(to, "why", action->why);
        line_write(to, "save first", action->save);
        line_write(to, "breaks", action->breaks);
        line_write(to, "undo", action->undo);
    }
    for (uint32_t i = 0; i < plan->left_out_count; i++)
        buffer_format(to, "\n%s%.*s", i ? "" : "Left out, for it is no host, address or account:\n",
                      (int)plan->left_out[i].length, (const char *)plan->left_out[i].data);
    buffer_text(to, plan->left_out_count ? "\n\n" : "\n");
}
