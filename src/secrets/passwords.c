/* Password files: `[DOMAIN\]user:password`, or 32 hex digits of the NT hash behind the colon. */
#include "secrets/secrets_parts.h"

#include "base/utf.h"
#include "crypt/crypt.h"

#include <stdlib.h>

#define HASH_DIGITS  32U
#define PASSWORD_MAX 512U /* bytes; Windows takes 256 characters */

/* [MS-NLMP] 3.3.1: MD4 of the password in UTF-16LE. */
static void nt_hash(struct bytes password, uint8_t to[16])
{
    uint8_t wide[4 * PASSWORD_MAX];
    size_t length = 0;
    uint32_t character;
    for (size_t at = 0; at < password.length;) {
        at += utf8_decode(password.data + at, password.length - at, &character);
        if (character >= 0x10000) {
            const uint32_t high = 0xD800 + ((character - 0x10000) >> 10);
            wide[length++] = (uint8_t)high;
            wide[length++] = (uint8_t)(high >> 8);
            character = 0xDC00 + ((character - 0x10000) & 0x3FF);
        }
        wide[length++] = (uint8_t)character;
        wide[length++] = (uint8_t)(character >> 8);
    }
    crypt_md4(bytes_of(wide, length), to);
    crypt_wipe(wide, sizeof(wide));
}

static const char *secret_read(struct secret_account *account, struct bytes secret)
{
    if (secret.length == HASH_DIGITS && secrets_unhex(account->nt_hash, secret.data, 16))
        return NULL;
    if (secret.length > PASSWORD_MAX)
        return "the password is longer than 512 bytes";
    account->password = secret;
    if (!secret.data)
        account->password.data = (const uint8_t *)"";
    nt_hash(account->password, account->nt_hash);
    return NULL;
}

/* What is wrong with a line, or NULL. */
static const char *line_read(struct secrets *secrets, struct bytes line)
{
    if (!utf8_is_valid(line))
        return "it is not UTF-8";
    const uint8_t *colon = memchr(line.data, ':', line.length);
    if (!colon)
        return "it has no colon behind the user";
    const struct bytes who = bytes_of(line.data, (size_t)(colon - line.data));
    const uint8_t *slash = memchr(who.data, '\\', who.length);
    const uint8_t *user = slash ? slash + 1 : who.data;
    if (user == colon)
        return "it names no user";
    struct secret_account *account = secrets_account_add(secrets);
    if (!account)
        return "no memory";
    *account = (struct secret_account){
        .domain = bytes_of(who.data, slash ? (size_t)(slash - who.data) : 0),
        .user = bytes_of(user, (size_t)(colon - user)),
    };
    return secret_read(account, bytes_of(colon + 1, (size_t)(line.data + line.length - colon - 1)));
}

enum status passwords_parse(struct secrets *secrets, uint8_t *data, size_t length,
                            struct fault *fault)
{
    uint64_t number = 0;
    for (size_t at = 0; at < length;) {
        const uint8_t *end = memchr(data + at, '\n', length - at);
        const size_t next = end ? (size_t)(end - data) + 1 : length;
        size_t stop = end ? next - 1 : length;
        number++;
        if (stop > at && data[stop - 1] == '\r')
            stop--;
        const struct bytes line = bytes_of(data + at, stop - at);
        at = next;
        if (!line.length || line.data[0] == '#')
            continue;
        const char *wrong = line_read(secrets, line);
        if (wrong)
            return fault_set(fault, STATUS_INVALID, number, "%s", wrong);
    }
    return STATUS_OK;
}
