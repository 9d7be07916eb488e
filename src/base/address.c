#include "base/address.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

struct address address_of(const uint8_t *bytes, unsigned length)
{
    struct address address = {.version = 6};
    if (length == 4) {
        memcpy(address.bytes, mapped, sizeof(mapped));
        memcpy(address.bytes + sizeof(mapped), bytes, 4);
    } else {
        memcpy(address.bytes, bytes, 16);
    }
    if (memcmp(address.bytes, mapped, sizeof(mapped)) == 0)
        address.version = 4;
    return address;
}

bool address_parse(struct bytes text, struct address *address)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    if (text.length > 2 && text.data[0] == '[' && text.data[text.length - 1] == ']')
        text = bytes_of(text.data + 1, text.length - 2);
    const uint8_t *zone = text.length ? memchr(text.data, '%', text.length) : NULL;
    if (zone)
        text.length = (size_t)(zone - text.data);
    if (text.length == 0 || text.length >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    if (memchr(copy, 0, text.length))
        return false;
    const bool is_six = memchr(copy, ':', text.length) != NULL;
    if ((zone && !is_six) || inet_pton(is_six ? AF_INET6 : AF_INET, copy, bytes) != 1)
        return false;
    *address = address_of(bytes, is_six ? 16 : 4);
    return true;
}

/* One to three digits, at most `limit`. */
static bool prefix_parse(struct bytes text, unsigned limit, unsigned *prefix)
{
    unsigned number = 0;
    if (text.length == 0 || text.length > 3)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *prefix = number;
    return number <= limit;
}

bool network_parse(struct bytes text, struct network *network)
{
    const uint8_t *slash = text.length ? memchr(text.data, '/', text.length) : NULL;
    const size_t length = slash ? (size_t)(slash - text.data) : text.length;
    const bool is_dotted = length == 0 || !memchr(text.data, ':', length);
    const unsigned limit = is_dotted ? 32 : 128;
    unsigned prefix = limit;
    if (!address_parse(bytes_of(text.data, length), &network->address) ||
        (slash && !prefix_parse(bytes_of(slash + 1, text.length - length - 1), limit, &prefix)))
        return false;
    prefix += 128 - limit;
    /* ::ffff:0:0/90 holds more than the mapped block, so it is a network of IPv6. */
    if (network->address.version == 4 && prefix < 96)
        network->address.version = 6;
    network->prefix = (uint8_t)prefix;
    return true;
}

bool network_has(uint8_t version, const uint8_t network[16], unsigned prefix,
                 const struct address *address)
{
    const unsigned whole = prefix / 8, rest = prefix % 8;
    if (version != address->version || memcmp(network, address->bytes, whole) != 0)
        return false;
    const unsigned mask = 0xFF00U >> rest & 0xFFU;
    return rest == 0 || ((network[whole] ^ address->bytes[whole]) & mask) == 0;
}

size_t address_write(char to[ADDRESS_TEXT_BOUND], const struct address *address)
{
    const bool is_four = address->version == 4;
    const void *from = address->bytes + (is_four ? sizeof(mapped) : 0);
    return inet_ntop(is_four ? AF_INET : AF_INET6, from, to, ADDRESS_TEXT_BOUND) ? strlen(to) : 0;
}
