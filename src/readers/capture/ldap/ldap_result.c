#include "readers/capture/ldap/ldap_result.h"

#include "base/attributes.h"

#include <stddef.h>

/* RFC 4511 appendix A.1 */
static const char *const names[] = {
    [0] = "success",
    [1] = "operations error",
    [2] = "protocol error",
    [3] = "time limit exceeded",
    [4] = "size limit exceeded",
    [5] = "compare false",
    [6] = "compare true",
    [7] = "auth method not supported",
    [8] = "stronger auth required",
    [10] = "referral",
    [11] = "admin limit exceeded",
    [12] = "unavailable critical extension",
    [13] = "confidentiality required",
    [14] = "SASL bind in progress",
    [16] = "no such attribute",
    [17] = "undefined attribute type",
    [18] = "inappropriate matching",
    [19] = "constraint violation",
    [20] = "attribute or value exists",
    [21] = "invalid attribute syntax",
    [32] = "no such object",
    [33] = "alias problem",
    [34] = "invalid DN syntax",
    [36] = "alias dereferencing problem",
    [48] = "inappropriate authentication",
    [49] = "invalid credentials",
    [50] = "insufficient access rights",
    [51] = "busy",
    [52] = "unavailable",
    [53] = "unwilling to perform",
    [54] = "loop detect",
    [64] = "naming violation",
    [65] = "object class violation",
    [66] = "not allowed on non-leaf",
    [67] = "not allowed on RDN",
    [68] = "entry already exists",
    [69] = "object class mods prohibited",
    [71] = "affects multiple DSAs",
    [80] = "other",
};

const char *ldap_result_name(int64_t code)
{
    return code >= 0 && (uint64_t)code < COUNT_OF(names) ? names[code] : NULL;
}
