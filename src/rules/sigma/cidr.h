/* Networks in CIDR notation. */
#ifndef IMPOUND_RULES_SIGMA_CIDR_H
#define IMPOUND_RULES_SIGMA_CIDR_H

#include "rules/sigma/draft.h"

/* Checks an IPv4 or IPv6 network and writes it as address/length. A bare address is a network of
 * one. STATUS_INVALID when it is none, or has bits behind its length. */
enum status cidr_normalise(const struct draft_context *context, struct bytes text,
                           struct bytes *network) MUST_CHECK;

#endif
