# KKP's default policy. KKP asks for data.kkp.authz.allow before it issues a token, encrypts, decrypts, rewraps, makes a
# data key, rotates its signing keys, revokes tokens or tells what one says, and goes on only when the answer is true. README.md says what it is told.
package kkp.authz

# What no rule below allows is refused: an unknown action, a missing member, a member of the wrong type.
default allow := false

# A token says whom it is about (sub) and who shall accept it (aud).
allow if {
	input.action == "issue_token"
	is_name(input.claims.sub)
	is_name(input.claims.aud)
}

# An envelope says which key of which backend can open it.
allow if {
	input.action == "encrypt"
	is_name(input.request.backend)
	is_name(input.request.key_id)
}

# A token opens the envelopes of its own key, in its own environment.
allow if {
	input.action == "decrypt"
	token_fits_envelope
	environment_matches
}

# For development: as long as KKP does not authenticate its callers, whoever could open an envelope may move it to any
# key. A policy may do without the token, for an operator who moves what it cannot read; this one does not.
allow if {
	input.action == "rewrap"
	input.caller.kind == "anonymous"
	token_fits_envelope
	environment_matches
	is_name(input.request.to.backend)
	is_name(input.request.to.key_id)
}

# For development: as long as KKP does not authenticate its callers, anyone may have a data key.
allow if {
	input.action == "data_key"
	input.caller.kind == "anonymous"
	is_name(input.request.backend)
	is_name(input.request.key_id)
}

# For development: as long as KKP does not authenticate its callers, anyone may rotate. KKP itself limits how often.
allow if {
	input.action == "rotate_keys"
	input.caller.kind == "anonymous"
}

# Who has the scope of an administrator takes tokens back and looks into them. So may anyone for development, as long as
# KKP does not authenticate its callers.
allow if {
	input.action in {"revoke_tokens", "introspect_token"}
	is_administrator
}

is_administrator if input.caller.kind == "anonymous"

is_administrator if {
	is_name(input.caller.kind)
	not input.caller.kind in {"anonymous", "none"}
	"kkp:admin" in input.caller.scopes
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
