/* Messages that are wrapped: encrypted ([MS-SMB2] 2.2.41) or compressed (2.2.42).
 *
 *    0  4  FD `SMB`                   0  4  FC `SMB`
 *    4 16  Signature                  4  4  OriginalCompressedSegmentSize
 *   20 16  Nonce                      8  2  CompressionAlgorithm
 *   36  4  OriginalMessageSize       10  2  Flags
 *   40  2  Reserved                  12  4  Offset or Length
 *   42  2  Flags, EncryptionAlgorithm
 *   44  8  SessionId
 *   52     ciphertext */
#include "readers/capture/smb/smb2.h"

#define NONCE       20U
#define CCM_LETTERS 11U /* of a nonce that Impacket makes; the rest is zero */
#define GCM_LETTERS 12U

static bool is_zero(const uint8_t *at, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (at[i])
            return false;
    }
    return true;
}

static bool is_letter_nonce(const uint8_t *nonce)
{
    if (!smb_is_letters(bytes_of(nonce, CCM_LETTERS)))
        return false;
    const size_t letters =
        smb_is_letters(bytes_of(nonce + CCM_LETTERS, 1)) ? GCM_LETTERS : CCM_LETTERS;
    return is_zero(nonce + letters, 16 - letters);
}

static void nonce_see(struct smb *smb, enum wire_side side, const uint8_t *nonce)
{
    smb->counts.transforms[side]++;
    smb->counts.letters[side] += is_letter_nonce(nonce);
    if (side != WIRE_CLIENT)
        return;
    size_t length = 16;
    while (length > 0 && nonce[length - 1] == 0)
        length--;
    smb_fact_raw(smb, TRANSFORM_NONCE, bytes_of(nonce, length));
}

/* The one place where a key opens a message. False: it stays closed. */
static bool transform_read(struct smb *smb, enum wire_side side, struct bytes message,
                           uint64_t length)
{
    struct wire_keys *keys = wire_keys_of(smb->session.connection);
    const size_t inner = message.length - SMB2_TRANSFORM_HEADER;
    uint8_t *plain = keys && message.length == length ? wire_room_take(keys, inner) : NULL;
    if (!plain)
        return false;
    const bool is_open = smb2_seal_open(smb, side, message, plain);
    if (is_open && inner >= SMB2_HEADER && plain[0] == 0xFE)
        smb2_walk(smb, side, bytes_of(plain, inner), inner, true);
    else if (is_open)
        wire_unseen(&smb->session, inner); /* compressed */
    wire_room_back(keys, inner);
    return is_open;
}

void smb2_transform(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length)
{
    smb->version = "SMB2";
    if (message.length < SMB2_TRANSFORM_HEADER) {
        wire_damaged(&smb->session, side, "an SMB2 transform header that is cut");
        return;
    }
    nonce_see(smb, side, message.data + NONCE);
    if (side == WIRE_CLIENT) {
        smb->counts.client_messages++;
        smb->is_unasked = smb->is_unasked || smb->is_setup_just_done;
        smb->is_setup_just_done = false;
        smb_client_size(smb, side, load_le32(message.data + 36));
    }
    if (!transform_read(smb, side, message, length))
        wire_unseen(&smb->session, length - SMB2_TRANSFORM_HEADER);
}

void smb2_compressed(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length)
{
    (void)message;
    smb->version = "SMB2";
    smb->counts.compressed++;
    if (side == WIRE_CLIENT) {
        smb->counts.client_messages++;
        smb->is_setup_just_done = false;
        smb_client_size(smb, side, length);
    }
    wire_unseen(&smb->session, length);
}
