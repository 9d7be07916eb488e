#include "auth_talk.h"

#include "readers/capture/auth/auth.h"

struct session {
    struct wire_session base;
    struct auth_state *auth;
};

static size_t talk_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    struct session *session = (struct session *)base;
    auth_token(base, side, bytes, &session->auth, "test");
    return bytes.length;
}

static bool talk_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)base, (void)side, (void)length;
    return true;
}

static void talk_end(struct wire_session *base)
{
    auth_end(base, ((struct session *)base)->auth);
}

const struct wire_protocol auth_talk = {
    .name = "test",
    .transport = WIRE_TCP,
    .session = sizeof(struct session),
    .data = talk_data,
    .gap = talk_gap,
    .end = talk_end,
};
