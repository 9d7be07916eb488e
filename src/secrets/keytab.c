/* Keytabs of MIT Kerberos (doc/formats/keytab_file_format.rst): 05 02, then entries, big-endian.
 *
 *   0  4  size; negative: a hole of that many bytes, 0: the end
 *      2  number of components, then the realm and the components: 2 length, text
 *      4  name type   4 timestamp   1 key version
 *      2  encryption type, 2 length, the key
 *      4  key version again, where there is room for it */
#include "base/cursor.h"
#include "secrets/secrets_parts.h"

#define COMPONENTS_MAX 32U
#define KEY_MAX        64U
#define ETYPE_RC4      23

static bool text_take(struct cursor *at, struct bytes *text)
{
    const uint8_t *length = cursor_take(at, 2);
    const uint8_t *data = length ? cursor_take(at, load_be16(length)) : NULL;
    if (!data)
        return false;
    *text = bytes_of(data, load_be16(length));
    return true;
}

static const char *names_take(struct cursor *at, struct secret_key *key)
{
    const uint8_t *count = cursor_take(at, 2);
    struct bytes component;
    if (!count || !text_take(at, &key->realm))
        return "the entry is cut short";
    key->components = load_be16(count);
    if (key->components == 0 || key->components > COMPONENTS_MAX)
        return "the principal has no name, or too long a one";
    for (unsigned i = 0; i < key->components; i++) {
        if (!text_take(at, &component))
            return "the entry is cut short";
        if (i == 0)
            key->name = component;
    }
    return NULL;
}

/* What is wrong with an entry, or NULL. */
static const char *entry_take(struct cursor at, struct secret_key *key)
{
    const char *wrong = names_take(&at, key);
    if (wrong)
        return wrong;
    const uint8_t *middle = cursor_take(&at, 11);
    if (!middle || !text_take(&at, &key->key))
        return "the entry is cut short";
    key->kvno = middle[8];
    key->etype = load_be16(middle + 9);
    const uint8_t *version = cursor_take(&at, 4);
    if (version && load_be32(version))
        key->kvno = load_be32(version);
    if (key->key.length == 0 || key->key.length > KEY_MAX)
        return "the key has a length that no key has";
    return NULL;
}

static const char *key_add(struct secrets *secrets, const struct secret_key *key)
{
    struct secret_key *row = secrets_key_add(secrets);
    if (!row)
        return "no memory";
    *row = *key;
    if (key->etype != ETYPE_RC4 || key->key.length != 16 || key->components != 1)
        return NULL;
    struct secret_account *account = secrets_account_add(secrets);
    if (!account)
        return "no memory";
    *account = (struct secret_account){.domain = key->realm, .user = key->name};
    memcpy(account->nt_hash, key->key.data, 16);
    return NULL;
}

enum status keytab_parse(struct secrets *secrets, const uint8_t *data, size_t length,
                         struct fault *fault)
{
    struct cursor at = cursor_over(bytes_of(data, length), 0), entry;
    const uint8_t *word = cursor_take(&at, 2);
    if (!word || word[0] != 5 || word[1] != 2)
        return fault_set(fault, STATUS_INVALID, 0, "it is no keytab of version 5.2");
    for (uint64_t number = 1; (word = cursor_take(&at, 4)); number++) {
        const int64_t size = (int32_t)load_be32(word);
        if (size == 0)
            break;
        if (!cursor_split(&at, (size_t)(size < 0 ? -size : size), &entry))
            return fault_set(fault, STATUS_INVALID, number,
                             "the file ends in the middle of this entry");
        struct secret_key key = {0};
        const char *wrong = size < 0 ? NULL : entry_take(entry, &key);
        if (!wrong && size > 0)
            wrong = key_add(secrets, &key);
        if (wrong)
            return fault_set(fault, STATUS_INVALID, number, "%s", wrong);
    }
    return STATUS_OK;
}
