#include "rules/sigma/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>

static enum status refuse(const struct draft_context *context, struct bytes text,
                          const char *reason)
{
    return fault_set(context->fault, STATUS_INVALID, 0, "cidr: %.*s %s",
                     (int)(text.length > 60 ? 60 : text.length), (const char *)text.data, reason);
}

static bool parse_length(const char *text, unsigned most, unsigned *length)
{
    unsigned number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && at - text < 3; at++)
        number = number * 10 + (unsigned)(*at - '0');
    *length = number;
    return at > text && *at == '\0' && number <= most;
}

static bool has_bits_behind(const uint8_t *address, unsigned length, unsigned most)
{
    for (unsigned bit = length; bit < most; bit++)
        if (address[bit / 8] & (0x80U >> (bit % 8)))
            return true;
    return false;
}

enum status cidr_normalise(const struct draft_context *context, struct bytes text,
                           struct bytes *network)
{
    char copy[64];
    if (text.length >= sizeof(copy) || memchr(text.data, '\0', text.length))
        return refuse(context, text, "is no network");
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    uint8_t address[16];
    const int family = strchr(copy, ':') ? AF_INET6 : AF_INET;
    const unsigned most = family == AF_INET6 ? 128 : 32;
    unsigned length = most;
    if (inet_pton(family, copy, address) != 1 || (slash && !parse_length(slash + 1, most, &length)))
        return refuse(context, text, "is no network");
    if (has_bits_behind(address, length, most))
        return refuse(context, text, "has bits set behind its length");
    char written[INET6_ADDRSTRLEN + 8];
    if (!inet_ntop(family, address, written, INET6_ADDRSTRLEN))
        return refuse(context, text, "is no network");
    const size_t end = strlen(written);
    snprintf(written + end, sizeof(written) - end, "/%u", length);
    const char *kept = arena_keep_text(context->arena, bytes_of_text(written));
    if (!kept)
        return draft_no_memory(context);
    *network = bytes_of_text(kept);
    return STATUS_OK;
}
