/* From a session's key to its messages. [MS-SMB2] 3.1.4.2 (keys), 3.1.4.3 (encryption), 3.1.4.4
 * (pre-authentication integrity).
 *
 *   3.0, 3.0.2  KDF(SessionKey, "SMB2AESCCM", "ServerIn " of the client, "ServerOut" of the server)
 *   3.1.1       KDF(SessionKey, "SMBC2SCipherKey" or "SMBS2CCipherKey", the hash over the setup)
 *
 * KDF is SP 800-108's in counter mode with HMAC-SHA256, a counter and a length of 32 bits. A cipher
 * with keys of 256 bits takes the whole session key, the others its first 16 bytes. */
#include "readers/capture/smb/smb2.h"

#include "crypt/crypt.h"

#define HASH_LENGTH  64U
#define TRIES_MAX    4U /* messages that no key opens, before no more are tried */
#define CIPHER_FIRST 1U
#define CIPHER_LAST  4U

/* [MS-SMB2] 2.2.3.1.2, from CIPHER_FIRST on */
static const struct {
    enum crypt_aead aead;
    uint8_t key, nonce;
} ciphers[] = {{CRYPT_CCM, 16, 11}, {CRYPT_GCM, 16, 12}, {CRYPT_CCM, 32, 11}, {CRYPT_GCM, 32, 12}};

/* Held by the connection. */
struct smb_seal {
    const struct wire_secret *secret;
    uint8_t keys[2][32]; /* by side */
    bool is_known;       /* they have opened a message */
    uint8_t tries;
};

/* --- The hash --- */

static void preauth_add(uint8_t hash[HASH_LENGTH], const struct smb2_message *message)
{
    const struct bytes parts[] = {bytes_of(hash, HASH_LENGTH), message->bytes};
    uint8_t made[CRYPT_HASH_MAX];
    if (crypt_digest(CRYPT_SHA512, parts, 2, made))
        memcpy(hash, made, HASH_LENGTH);
}

void smb2_preauth_negotiate(struct smb *smb, const struct smb2_message *message, bool is_first)
{
    struct wire_connection *connection = smb->session.connection;
    if (!wire_keys_of(connection))
        return;
    if (!smb->preauth)
        smb->preauth = arena_take_array(connection->arena, 1, HASH_LENGTH);
    if (!smb->preauth)
        return;
    if (is_first)
        memset(smb->preauth, 0, HASH_LENGTH);
    preauth_add(smb->preauth, message);
}

uint8_t *smb2_preauth_setup(struct smb *smb, const struct smb2_message *message, uint8_t *from)
{
    if (!smb->preauth)
        return NULL;
    uint8_t *hash = from;
    if (!hash) {
        hash = arena_take(smb->session.connection->arena, HASH_LENGTH);
        if (!hash)
            return NULL;
        memcpy(hash, smb->preauth, HASH_LENGTH);
    }
    preauth_add(hash, message);
    return hash;
}

/* --- Keys --- */

static unsigned cipher_of(const struct smb *smb)
{
    const bool is_chosen =
        smb->dialect == 0x0311 && smb->cipher >= CIPHER_FIRST && smb->cipher <= CIPHER_LAST;
    return is_chosen ? smb->cipher - CIPHER_FIRST : 0;
}

/* Labels and contexts are with their NUL. */
static bool keys_derive(const struct smb *smb, const struct smb_logon *logon, struct smb_seal *seal,
                        const struct wire_key *from)
{
    static const char label[] = "SMB2AESCCM";
    static const char labels[2][16] = {"SMBC2SCipherKey", "SMBS2CCipherKey"};
    static const char contexts[2][10] = {"ServerIn ", "ServerOut"};
    const bool is_311 = smb->dialect == 0x0311;
    const uint8_t length = ciphers[cipher_of(smb)].key;
    struct bytes session = wire_key_view(from);
    bool is_good = logon->preauth || !is_311;
    if (length == 16 && session.length > 16)
        session.length = 16;
    for (unsigned side = 0; side < 2 && is_good; side++) {
        const struct crypt_purpose purpose = {
            .label = is_311 ? bytes_of(labels[side], 16) : bytes_of(label, sizeof(label)),
            .context =
                is_311 ? bytes_of(logon->preauth, HASH_LENGTH) : bytes_of(contexts[side], 10),
        };
        is_good = crypt_derive_counter(CRYPT_SHA256, session, &purpose, seal->keys[side], length);
    }
    return is_good;
}

/* --- Messages --- */

static bool message_open(const struct smb *smb, const struct smb_seal *seal, enum wire_side side,
                         struct bytes message, uint8_t *plain)
{
    const unsigned cipher = cipher_of(smb);
    const struct crypt_sealed sealed = {
        .nonce = bytes_of(message.data + 20, ciphers[cipher].nonce),
        .also = bytes_of(message.data + 20, SMB2_TRANSFORM_HEADER - 20),
        .cipher =
            bytes_of(message.data + SMB2_TRANSFORM_HEADER, message.length - SMB2_TRANSFORM_HEADER),
        .tag = message.data + 4,
    };
    return crypt_aead_open(ciphers[cipher].aead, bytes_of(seal->keys[side], ciphers[cipher].key),
                           &sealed, plain);
}

/* Which of the keys counts, the first message tells. */
static bool keys_find(struct smb *smb, const struct smb_logon *logon, enum wire_side side,
                      struct bytes message, uint8_t *plain)
{
    struct smb_seal *seal = logon->seal;
    if (seal->tries == TRIES_MAX)
        return false;
    for (unsigned i = 0; i < logon->secret->count && !seal->is_known; i++)
        seal->is_known = keys_derive(smb, logon, seal, &logon->secret->keys[i]) &&
                         message_open(smb, seal, side, message, plain);
    if (!seal->is_known && ++seal->tries == TRIES_MAX)
        wire_note(&smb->session, side, "sessions whose key opens none of their messages");
    return seal->is_known;
}

static struct smb_seal *seal_of(struct smb *smb, struct smb_logon *logon)
{
    if (logon->seal && logon->seal->secret == logon->secret)
        return logon->seal;
    if (!logon->seal)
        logon->seal = wire_hold(smb->session.connection, sizeof(*logon->seal));
    if (logon->seal)
        *logon->seal = (struct smb_seal){.secret = logon->secret};
    return logon->seal;
}

bool smb2_seal_open(struct smb *smb, enum wire_side side, struct bytes message, uint8_t *plain)
{
    const uint64_t id = load_le64(message.data + 44);
    /* Impacket has forgotten the session's id when it logs off a second time. */
    struct smb_logon *logon = smb_logon_of(smb, id ? id : smb->last_logon);
    if (!logon || !logon->secret || !seal_of(smb, logon))
        return false;
    return logon->seal->is_known ? message_open(smb, logon->seal, side, message, plain)
                                 : keys_find(smb, logon, side, message, plain);
}
