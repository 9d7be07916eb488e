#include "ledger/address.h"

#include <arpa/inet.h>

#define MAPPED_BITS 96U

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool address_parse(struct bytes text, struct address *address)
{
    char copy[ADDRESS_TEXT_BOUND];
    const uint8_t *zone = text.length ? memchr(text.data, '%', text.length) : NULL;
    const size_t length = zone ? (size_t)(zone - text.data) : text.length;
    struct address read;
    if (length == 0 || length >= sizeof(copy) || memchr(text.data, '\0', length))
        return false;
    memcpy(copy, text.data, length);
    copy[length] = '\0';
    if (!zone && inet_pton(AF_INET, copy, read.bytes + sizeof(mapped)) == 1)
        memcpy(read.bytes, mapped, sizeof(mapped));
    else if (inet_pton(AF_INET6, copy, read.bytes) != 1)
        return false;
    *address = read;
    return true;
}

bool address_is_v4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

/* At most three digits; false for anything else. */
static bool prefix_parse(struct bytes text, unsigned *prefix)
{
    if (text.length == 0 || text.length > 3)
        return false;
    *prefix = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *prefix = *prefix * 10 + (unsigned)(text.data[i] - '0');
    }
    return true;
}

static void address_mask(struct address *address, unsigned prefix)
{
    for (unsigned i = 0; i < sizeof(address->bytes); i++) {
        const unsigned kept = prefix > i * 8 ? prefix - i * 8 : 0;
        if (kept < 8)
            address->bytes[i] &= (uint8_t)(0xff00U >> kept);
    }
}

bool network_parse(struct bytes text, struct network *network)
{
    const uint8_t *slash = text.length ? memchr(text.data, '/', text.length) : NULL;
    const size_t length = slash ? (size_t)(slash - text.data) : text.length;
    struct network read = {.prefix = 128};
    if (!address_parse(bytes_of(text.data, length), &read.address))
        return false;
    if (slash) {
        const bool is_dotted = !memchr(text.data, ':', length);
        if (!prefix_parse(bytes_of(slash + 1, text.length - length - 1), &read.prefix) ||
            read.prefix > (is_dotted ? 32U : 128U))
            return false;
        read.prefix += is_dotted ? MAPPED_BITS : 0;
    }
    address_mask(&read.address, read.prefix);
    *network = read;
    return true;
}

bool network_holds(const struct network *network, const struct address *address)
{
    struct address masked = *address;
    if (network->prefix < MAPPED_BITS && address_is_v4(address))
        return false;
    address_mask(&masked, network->prefix);
    return memcmp(masked.bytes, network->address.bytes, sizeof(masked.bytes)) == 0;
}

size_t address_write(char to[ADDRESS_TEXT_BOUND], const struct address *address)
{
    const bool is_v4 = address_is_v4(address);
    const void *from = address->bytes + (is_v4 ? sizeof(mapped) : 0);
    return inet_ntop(is_v4 ? AF_INET : AF_INET6, from, to, ADDRESS_TEXT_BOUND) ? strlen(to) : 0;
}
