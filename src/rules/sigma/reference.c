#include "rules/sigma/reference.h"

enum status reference_apply_filters(struct sigma_rules *rules)
{
    (void)rules;
    return STATUS_OK;
}

enum status reference_resolve(struct sigma_rules *rules)
{
    (void)rules;
    return STATUS_OK;
}
