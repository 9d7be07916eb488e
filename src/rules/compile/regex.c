#include "rules/compile/regex.h"

#include "base/utf.h"
#include "rules/sigma/sigma.h"

#include <stdio.h>

/* UTF-8 with whatever else a value holds: what is not well-formed matches nothing. */
pcre2_code *regex_compile(struct bytes expression, unsigned flags, char reason[REGEX_REASON_MAX])
{
    uint32_t options = utf8_is_valid(expression) ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0;
    if (flags & SIGMA_REGEX_I)
        options |= PCRE2_CASELESS;
    if (flags & SIGMA_REGEX_M)
        options |= PCRE2_MULTILINE;
    if (flags & SIGMA_REGEX_S)
        options |= PCRE2_DOTALL;
    /* Line ends do not depend on how PCRE2 was built. */
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context)
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code =
        pcre2_compile(expression.data, expression.length, options, &error, &at, context);
    pcre2_compile_context_free(context);
    if (!code) {
        PCRE2_UCHAR message[120] = "";
        pcre2_get_error_message(error, message, sizeof(message));
        snprintf(reason, REGEX_REASON_MAX, "regular expression: %s at character %zu",
                 (const char *)message, (size_t)at);
    }
    return code;
}
