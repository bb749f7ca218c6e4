# KKP's default policy. KKP asks for data.kkp.authz.allow before it issues or exchanges a token, encrypts, decrypts, rewraps,
# makes a data key, rotates its signing keys, revokes or looks into a token, and goes on only when the answer is true.
# README.md says what it is told.
package kkp.authz

# What no rule below allows is refused: an unknown action, a missing member, a member of the wrong type.
default allow := false

# A token says whom it is about (sub) and who shall accept it (aud).
allow if {
	input.action == "issue_token"
	may_name_the_subject
	is_name(input.claims.sub)
	is_name(input.claims.aud)
}

# An exchange hands on what its subject has, to whoever acts for it. No scope makes another subject of it.
allow if {
	input.action == "exchange_token"
	may_exchange
	input.claims.sub == exchanged_subject
	is_name(input.claims.sub)
	is_name(input.claims.aud)
}

# An envelope says which key of which backend can open it.
allow if {
	input.action == "encrypt"
	may_use_the_key
	is_name(input.request.backend)
	is_name(input.request.key_id)
}

# A token opens the envelopes of its own key, in its own environment.
allow if {
	input.action == "decrypt"
	token_fits_envelope
	environment_matches
}

# Whoever could open an envelope may move it. A policy may do without the token, for an operator who moves what it cannot
# read; this one does not.
allow if {
	input.action == "rewrap"
	may_move_to_the_target
	token_fits_envelope
	environment_matches
	is_name(input.request.to.backend)
	is_name(input.request.to.key_id)
}

# A data key is for the encryption of what KKP never sees.
allow if {
	input.action == "data_key"
	may_use_the_key
	is_name(input.request.backend)
	is_name(input.request.key_id)
}

# What changes KKP itself, or tells of other people's tokens. KKP limits how often signing keys rotate.
allow if {
	input.action in {"rotate_keys", "revoke_tokens", "introspect_token"}
	may_administer
}

# Who has a token may take it back: its subject, and whoever acts for it with this one.
allow if {
	input.action == "revoke_tokens"
	authenticated
	input.request.rule == {"jti": input.claims.jti}
	is_holder
}

# For development: as long as KKP does not authenticate its callers, anyone may have any token.
may_name_the_subject if anonymous

# A caller has tokens for itself, also those that others may use on its behalf.
may_name_the_subject if {
	authenticated
	input.claims.sub == input.caller.id
}

# With this scope, for others too.
may_name_the_subject if has_scope("kkp:issue")

may_exchange if anonymous

may_exchange if authenticated

# A token of KKP's own says whose it is.
exchanged_subject := input.subject.claims.sub if input.subject.kind == "token"

# Of another issuer's token, an authenticator has said it.
exchanged_subject := input.subject.id if {
	is_name(input.subject.kind)
	not input.subject.kind in {"token", "anonymous", "none"}
}

is_holder if input.claims.sub == input.caller.id

is_holder if {
	input.claims.act.sub == input.caller.id
	object.get(input.claims.act, "iss", null) == object.get(input.caller, "issuer", null)
}

may_use_the_key if anonymous

may_use_the_key if authenticated

# A token that was made for the operation stands in for a caller.
may_use_the_key if {
	input.caller.kind == "none"
	is_array(input.claims.ops)
	input.action in input.claims.ops
	input.claims.backend == input.request.backend
	input.claims.key_id == input.request.key_id
	environment_matches
}

may_move_to_the_target if anonymous

may_move_to_the_target if authenticated

# A token alone moves an envelope to no other key than its own: to another, that would be to encrypt.
may_move_to_the_target if {
	input.caller.kind == "none"
	input.request.to.backend == input.claims.backend
	input.request.to.key_id == input.claims.key_id
}

may_administer if anonymous

may_administer if has_scope("kkp:admin")

# No authenticator is configured.
anonymous if input.caller.kind == "anonymous"

# An authenticator vouches for the caller. The kind none is a token and nobody with it.
authenticated if {
	is_name(input.caller.kind)
	not input.caller.kind in {"anonymous", "none"}
	is_name(input.caller.id)
}

has_scope(scope) if {
	authenticated
	is_array(input.caller.scopes)
	scope in input.caller.scopes
}

is_name(value) if {
	is_string(value)
	value != ""
}

token_fits_envelope if {
	input.claims.backend == input.request.envelope.backend
	input.claims.key_id == input.request.envelope.key_id
}

# A token without an environment may be used in any.
environment_matches if not "environment" in object.keys(input.claims.policy_claims)

# A token with one must be used in that one. The claim counts by being there, so that false and null do not read as
# "any environment".
environment_matches if {
	input.claims.policy_claims.environment == input.request.context.environment
}
