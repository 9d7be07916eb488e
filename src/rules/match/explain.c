#include "rules/match/matcher.h"

void matcher_explain(struct matcher *matcher, const struct event *event, uint32_t rule,
                     struct buffer *to)
{
    (void)matcher;
    (void)event;
    (void)rule;
    (void)to;
}
