/* JA3, JA3S and JA4 as their authors describe them. GREASE (RFC 8701) never counts. */
#include "readers/capture/tls/hello.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>

static void digest_write(const struct buffer *text, const EVP_MD *kind, unsigned bytes, char *to)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    to[0] = '\0';
    if (text->failed || EVP_Digest(text->data, text->length, digest, NULL, kind, NULL) != 1)
        return;
    for (unsigned i = 0; i < bytes; i++)
        snprintf(to + 2 * (size_t)i, 3, "%02x", digest[i]);
}

/* --- JA3: version,ciphers,extensions,groups,formats, each joined by dashes --- */

static void number_add(struct buffer *text, bool *is_first, uint16_t number)
{
    if (!*is_first)
        buffer_byte(text, '-');
    *is_first = false;
    buffer_number(text, number);
}

static void numbers_add(struct buffer *text, struct bytes numbers)
{
    bool is_first = true;
    for (size_t i = 0; i + 2 <= numbers.length; i += 2)
        if (!tls_is_grease(load_be16(numbers.data + i)))
            number_add(text, &is_first, load_be16(numbers.data + i));
}

static void extensions_add(struct buffer *text, struct bytes extensions)
{
    struct cursor at = cursor_over(extensions, 0);
    struct bytes value;
    uint16_t type;
    bool is_first = true;
    while (tls_extension_next(&at, &type, &value))
        if (!tls_is_grease(type))
            number_add(text, &is_first, type);
}

/* The part that JA3 and JA3S have in common. */
static void hello_add(struct buffer *text, const struct tls_hello *hello)
{
    buffer_reset(text);
    buffer_number(text, hello->version);
    buffer_byte(text, ',');
    numbers_add(text, hello->ciphers);
    buffer_byte(text, ',');
    extensions_add(text, hello->extensions);
}

void tls_ja3(const struct tls_hello *client, struct buffer *scratch, char *to)
{
    bool is_first = true;
    hello_add(scratch, client);
    buffer_byte(scratch, ',');
    numbers_add(scratch, client->groups);
    buffer_byte(scratch, ',');
    for (size_t i = 0; i < client->formats.length; i++)
        number_add(scratch, &is_first, client->formats.data[i]);
    digest_write(scratch, EVP_md5(), 16, to);
}

void tls_ja3s(const struct tls_hello *server, struct buffer *scratch, char *to)
{
    hello_add(scratch, server);
    digest_write(scratch, EVP_md5(), 16, to);
}

/* --- JA4 --- */

static int by_number(const void *one, const void *other)
{
    return (int)*(const uint16_t *)one - (int)*(const uint16_t *)other;
}

/* Hex digits of `count` numbers, joined by commas. */
static void hex_add(struct buffer *text, const uint16_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_format(text, "%s%04x", i ? "," : "", numbers[i]);
}

/* What a hello has of numbers, without GREASE; at most one for each two bytes of it. */
struct numbers {
    uint16_t *items;
    size_t count;
};

static void numbers_take(struct numbers *to, struct bytes from)
{
    to->count = 0;
    for (size_t i = 0; i + 2 <= from.length; i += 2)
        if (!tls_is_grease(load_be16(from.data + i)))
            to->items[to->count++] = load_be16(from.data + i);
}

/* Name and protocols are told elsewhere in JA4: they are counted and left out. Returns how many
 * extensions there are. */
static size_t extensions_take(struct numbers *to, struct bytes extensions)
{
    struct cursor at = cursor_over(extensions, 0);
    struct bytes value;
    uint16_t type;
    size_t count = 0;
    to->count = 0;
    while (tls_extension_next(&at, &type, &value)) {
        if (tls_is_grease(type))
            continue;
        count++;
        if (type != 0x0000 && type != 0x0010)
            to->items[to->count++] = type;
    }
    return count;
}

static const char *version_text(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    default:
        return "00";
    }
}

static bool is_alnum(uint8_t c)
{
    return (unsigned)(c - '0') <= 9 || (unsigned)((c | 32) - 'a') <= 25;
}

/* The first and the last character of the first protocol, of its hex digits where one of them is
 * neither letter nor digit. */
static void protocol_write(struct bytes protocol, char *to)
{
    static const char digits[] = "0123456789abcdef";
    to[0] = to[1] = '0';
    if (!protocol.length)
        return;
    const uint8_t first = protocol.data[0], last = protocol.data[protocol.length - 1];
    const bool is_plain = is_alnum(first) && is_alnum(last);
    to[0] = is_plain ? (char)first : digits[first >> 4];
    to[1] = is_plain ? (char)last : digits[last & 15];
}

static unsigned to_99(size_t count)
{
    return count < 99 ? (unsigned)count : 99;
}

static void part_write(const struct buffer *text, char *to)
{
    if (text->length)
        digest_write(text, EVP_sha256(), 6, to);
    else
        memcpy(to, "000000000000", 13);
}

void tls_ja4(const struct tls_hello *client, struct buffer *scratch, char *to)
{
    const size_t most = (client->ciphers.length + client->extensions.length) / 2 + 1;
    struct numbers numbers = {.items = malloc(most * sizeof(uint16_t))};
    to[0] = '\0';
    if (!numbers.items)
        return;
    char ciphers[13], extensions[13], protocol[2];
    numbers_take(&numbers, client->ciphers);
    const size_t cipher_count = numbers.count;
    qsort(numbers.items, numbers.count, sizeof(uint16_t), by_number);
    buffer_reset(scratch);
    hex_add(scratch, numbers.items, numbers.count);
    part_write(scratch, ciphers);
    const size_t extension_count = extensions_take(&numbers, client->extensions);
    qsort(numbers.items, numbers.count, sizeof(uint16_t), by_number);
    buffer_reset(scratch);
    hex_add(scratch, numbers.items, numbers.count);
    numbers_take(&numbers, client->signatures);
    if (numbers.count && scratch->length)
        buffer_byte(scratch, '_');
    if (scratch->length)
        hex_add(scratch, numbers.items, numbers.count);
    part_write(scratch, extensions);
    free(numbers.items);
    protocol_write(tls_first_protocol(client->protocols), protocol);
    snprintf(to, JA4_LENGTH, "t%s%c%02u%02u%c%c_%s_%s", version_text(tls_hello_version(client)),
             client->has_name ? 'd' : 'i', to_99(cipher_count), to_99(extension_count), protocol[0],
             protocol[1], ciphers, extensions);
}
