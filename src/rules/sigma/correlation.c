#include "rules/sigma/correlation.h"

enum status correlation_parse(const struct draft_context *context, const struct tree_node *document,
                              struct draft_rule *draft)
{
    (void)draft;
    return fault_set(context->fault, STATUS_INVALID, document->line, "no correlations yet");
}
