package kkp.authz_test

import data.kkp.authz

token := {
	"sub": "orders",
	"aud": "billing",
	"backend": "aws",
	"key_id": "alias/orders",
	"policy_claims": {"environment": "prod"},
}

anonymous := {"kind": "anonymous"}

issue := {"action": "issue_token", "claims": token, "request": {"context": {}}, "caller": anonymous}

encrypt := {
	"action": "encrypt",
	"request": {"backend": "aws", "key_id": "alias/orders", "context": {}},
	"caller": anonymous,
}

decrypt := {
	"action": "decrypt",
	"claims": token,
	"request": {
		"context": {"environment": "prod"},
		"envelope": {"backend": "aws", "key_id": "alias/orders"},
	},
	"caller": anonymous,
}

rewrap := {
	"action": "rewrap",
	"claims": token,
	"request": {
		"context": {"environment": "prod"},
		"envelope": {"backend": "aws", "key_id": "alias/orders"},
		"to": {"backend": "vault", "key_id": "orders"},
	},
	"caller": anonymous,
}

data_key := {
	"action": "data_key",
	"request": {"backend": "aws", "key_id": "alias/orders", "bytes": 32, "include_plaintext": true, "context": {}},
	"caller": anonymous,
}

rotate := {"action": "rotate_keys", "request": {"context": {}}, "caller": anonymous}

revoke := {
	"action": "revoke_tokens",
	"request": {"rule": {"subject": "orders"}, "context": {}},
	"caller": anonymous,
}

introspect := {"action": "introspect_token", "request": {"context": {}}, "caller": anonymous}

administration := [rotate, revoke, introspect]

# What is left of an input when one member is replaced, or taken away.
with_member(document, path, value) := json.patch(document, [{"op": "add", "path": path, "value": value}])

without_member(document, path) := json.patch(document, [{"op": "remove", "path": path}])

other_kinds := ["workload", "admin", "", "Anonymous", null, true]

not_names := ["", 0, 1, true, false, null, ["orders"], {"orders": true}]

# Issue

test_issue_is_allowed_for_a_named_subject_and_audience if authz.allow with input as issue

test_issue_is_denied_for_a_subject_that_is_no_name if {
	every value in not_names {
		not authz.allow with input as with_member(issue, "claims/sub", value)
	}
}

test_issue_is_denied_for_an_audience_that_is_no_name if {
	every value in not_names {
		not authz.allow with input as with_member(issue, "claims/aud", value)
	}
}

test_issue_is_denied_without_a_subject if not authz.allow with input as without_member(issue, "claims/sub")

test_issue_is_denied_without_an_audience if not authz.allow with input as without_member(issue, "claims/aud")

test_issue_is_denied_without_claims if not authz.allow with input as without_member(issue, "claims")

test_issue_is_denied_for_any_other_kind_of_caller if {
	every kind in other_kinds {
		not authz.allow with input as with_member(issue, "caller/kind", kind)
	}
	not authz.allow with input as without_member(issue, "caller")
}

# Encrypt

test_encrypt_is_denied_for_any_other_kind_of_caller if {
	every kind in other_kinds {
		not authz.allow with input as with_member(encrypt, "caller/kind", kind)
	}
	not authz.allow with input as without_member(encrypt, "caller")
}

test_encrypt_is_allowed_for_a_named_backend_and_key if authz.allow with input as encrypt

test_encrypt_is_denied_for_a_backend_that_is_no_name if {
	every value in not_names {
		not authz.allow with input as with_member(encrypt, "request/backend", value)
	}
}

test_encrypt_is_denied_for_a_key_id_that_is_no_name if {
	every value in not_names {
		not authz.allow with input as with_member(encrypt, "request/key_id", value)
	}
}

test_a_name_may_be_as_short_as_one_character if {
	authz.allow with input as with_member(encrypt, "request/key_id", "k")
	authz.allow with input as with_member(issue, "claims/aud", "ü")
}

test_encrypt_is_denied_without_a_backend if {
	not authz.allow with input as without_member(encrypt, "request/backend")
}

test_encrypt_is_denied_without_a_key_id if {
	not authz.allow with input as without_member(encrypt, "request/key_id")
}

# Decrypt: the key

test_decrypt_is_allowed_for_the_key_and_environment_of_the_token if authz.allow with input as decrypt

test_decrypt_is_denied_for_another_backend if {
	not authz.allow with input as with_member(decrypt, "request/envelope/backend", "gcp")
}

test_decrypt_is_denied_for_another_key if {
	not authz.allow with input as with_member(decrypt, "request/envelope/key_id", "alias/payroll")
}

test_decrypt_compares_key_ids_exactly if {
	not authz.allow with input as with_member(decrypt, "request/envelope/key_id", "alias/orders ")
	not authz.allow with input as with_member(decrypt, "request/envelope/key_id", "ALIAS/ORDERS")
}

test_decrypt_is_denied_without_a_claim_for_the_key if {
	every member in ["backend", "key_id"] {
		not authz.allow with input as without_member(decrypt, sprintf("claims/%s", [member]))
	}
}

test_decrypt_is_denied_when_neither_token_nor_envelope_names_the_key if {
	every member in ["backend", "key_id"] {
		claim_gone := without_member(decrypt, sprintf("claims/%s", [member]))
		not authz.allow with input as without_member(claim_gone, sprintf("request/envelope/%s", [member]))
	}
}

test_decrypt_is_denied_without_claims if not authz.allow with input as without_member(decrypt, "claims")

test_decrypt_is_denied_without_an_envelope if {
	not authz.allow with input as without_member(decrypt, "request/envelope")
}

# Decrypt: the environment

test_decrypt_is_allowed_anywhere_for_a_token_without_an_environment if {
	unbound := with_member(decrypt, "claims/policy_claims", {"team": "orders"})
	authz.allow with input as unbound
	authz.allow with input as with_member(unbound, "request/context", {})
}

test_decrypt_is_denied_in_another_environment if {
	not authz.allow with input as with_member(decrypt, "request/context/environment", "dev")
}

test_decrypt_is_denied_when_the_context_names_no_environment if {
	not authz.allow with input as with_member(decrypt, "request/context", {})
}

test_decrypt_is_denied_without_a_context if {
	not authz.allow with input as without_member(decrypt, "request/context")
}

test_an_environment_that_is_false_null_or_empty_is_still_compared if {
	every value in [false, null, "", 0, [], {}] {
		bound := with_member(decrypt, "claims/policy_claims/environment", value)
		not authz.allow with input as bound
		not authz.allow with input as with_member(bound, "request/context", {})
	}
}

test_decrypt_is_denied_when_policy_claims_are_no_object if {
	every value in [null, false, "environment", [], ["prod"]] {
		not authz.allow with input as with_member(decrypt, "claims/policy_claims", value)
	}
}

test_decrypt_is_denied_without_policy_claims if {
	not authz.allow with input as without_member(decrypt, "claims/policy_claims")
}

# Rewrap

test_rewrap_is_denied_for_any_other_kind_of_caller if {
	every kind in other_kinds {
		not authz.allow with input as with_member(rewrap, "caller/kind", kind)
	}
}

test_rewrap_is_denied_without_a_caller if not authz.allow with input as without_member(rewrap, "caller")

test_rewrap_is_denied_without_a_token if not authz.allow with input as without_member(rewrap, "claims")

test_rewrap_is_denied_for_claims_of_no_token if {
	unbound := without_member(rewrap, "claims")
	not authz.allow with input as with_member(unbound, "claims", {})
	not authz.allow with input as with_member(unbound, "claims", null)
}

test_rewrap_is_denied_for_an_envelope_of_another_backend if {
	not authz.allow with input as with_member(rewrap, "request/envelope/backend", "gcp")
}

test_rewrap_is_denied_for_an_envelope_of_another_key if {
	every key in ["alias/payroll", "alias/orders ", "ALIAS/ORDERS", "", null] {
		not authz.allow with input as with_member(rewrap, "request/envelope/key_id", key)
	}
}

test_rewrap_is_denied_for_a_token_of_the_target if {
	target := object.union(token, {"backend": "vault", "key_id": "orders"})
	not authz.allow with input as with_member(rewrap, "claims", target)
}

test_rewrap_is_denied_when_neither_token_nor_envelope_names_the_key if {
	every member in ["backend", "key_id"] {
		claim_gone := without_member(rewrap, sprintf("claims/%s", [member]))
		not authz.allow with input as without_member(claim_gone, sprintf("request/envelope/%s", [member]))
	}
}

test_rewrap_is_denied_in_another_environment if {
	not authz.allow with input as with_member(rewrap, "request/context/environment", "dev")
	not authz.allow with input as with_member(rewrap, "request/context", {})
	not authz.allow with input as without_member(rewrap, "request/context")
}

test_rewrap_is_denied_when_policy_claims_are_no_object if {
	every value in [null, false, "environment", [], ["prod"]] {
		not authz.allow with input as with_member(rewrap, "claims/policy_claims", value)
	}
}

test_rewrap_is_denied_to_a_target_that_is_no_name if {
	every member in ["backend", "key_id"] {
		every value in not_names {
			not authz.allow with input as with_member(rewrap, sprintf("request/to/%s", [member]), value)
		}
	}
}

test_rewrap_is_denied_to_a_target_that_is_half_named if {
	every member in ["request/to", "request/to/backend", "request/to/key_id"] {
		not authz.allow with input as without_member(rewrap, member)
	}
}

test_rewrap_is_allowed_with_a_token_for_the_envelope if authz.allow with input as rewrap

test_rewrap_is_allowed_to_the_key_that_it_has if {
	authz.allow with input as with_member(rewrap, "request/to", rewrap.request.envelope)
}

test_rewrap_is_allowed_anywhere_for_a_token_without_an_environment if {
	unbound := with_member(rewrap, "claims/policy_claims", {"team": "orders"})
	authz.allow with input as with_member(unbound, "request/context", {})
}

# Data key

test_a_data_key_is_denied_to_any_other_kind_of_caller if {
	every kind in other_kinds {
		not authz.allow with input as with_member(data_key, "caller/kind", kind)
	}
}

test_a_data_key_is_denied_without_a_caller if not authz.allow with input as without_member(data_key, "caller")

test_a_data_key_is_denied_for_a_backend_that_is_no_name if {
	every value in not_names {
		not authz.allow with input as with_member(data_key, "request/backend", value)
	}
}

test_a_data_key_is_denied_for_a_key_id_that_is_no_name if {
	every value in not_names {
		not authz.allow with input as with_member(data_key, "request/key_id", value)
	}
}

test_a_data_key_is_denied_without_a_backend_or_key if {
	every member in ["request", "request/backend", "request/key_id"] {
		not authz.allow with input as without_member(data_key, member)
	}
}

test_a_data_key_is_allowed_while_callers_are_anonymous if {
	authz.allow with input as data_key
	authz.allow with input as with_member(data_key, "request/include_plaintext", false)
}

# Rotate, revoke, introspect

test_administration_is_denied_for_any_other_kind_of_caller if {
	every document in administration {
		every kind in other_kinds {
			not authz.allow with input as with_member(document, "caller/kind", kind)
		}
	}
}

test_administration_is_denied_without_a_caller if {
	every document in administration {
		not authz.allow with input as without_member(document, "caller")
	}
}

test_administration_is_allowed_while_callers_are_anonymous if {
	every document in administration {
		authz.allow with input as document
	}
}

# Callers: the inputs of authenticated mode

worker := {"kind": "jwt", "id": "orders", "issuer": "https://id.example", "scopes": [], "attributes": {}}

nobody := {"kind": "none"}

by(document, caller) := object.union(without_member(document, "caller"), {"caller": caller})

with_scopes(scopes) := object.union(without_member(worker, "scopes"), {"scopes": scopes})

# What is no caller: nobody, a half of one, one of a wrong type.
not_callers := array.concat(
	[nobody, null, {}, "jwt", {"kind": "jwt"}, {"id": "orders"}],
	array.concat(
		[object.union(worker, {"kind": kind}) | some kind in ["none", "", ["jwt"]]],
		[object.union(worker, {"id": id}) | some id in ["", null, ["orders"]]],
	),
)

# Issue, in authenticated mode

test_nobody_has_a_token if {
	every caller in not_callers {
		not authz.allow with input as by(issue, caller)
	}
}

test_nobody_has_a_token_with_a_scope_of_its_own_making if {
	not authz.allow with input as by(issue, {"kind": "none", "scopes": ["kkp:issue", "kkp:admin"]})
	not authz.allow with input as by(issue, {"kind": "none", "id": "orders", "scopes": ["kkp:issue", "kkp:admin"]})
	not authz.allow with input as by(issue, {"kind": "jwt", "scopes": ["kkp:issue"]})
}

test_a_caller_has_no_token_for_another if {
	every sub in ["billing", "Orders", "orders ", "order", "orders2", "*"] {
		not authz.allow with input as by(with_member(issue, "claims/sub", sub), worker)
	}
}

test_a_caller_has_no_token_for_another_by_any_other_scope if {
	other := with_member(issue, "claims/sub", "billing")
	near := ["kkp:admin", "kkp:issue2", "kkp:", "KKP:ISSUE", "issue", "kkp:issue ", "*", ""]
	not authz.allow with input as by(other, with_scopes(near))
	every scopes in ["kkp:issue", "kkp:issue kkp:admin", {"kkp:issue": "kkp:issue"}, null, true, [["kkp:issue"]]] {
		not authz.allow with input as by(other, with_scopes(scopes))
	}
	not authz.allow with input as by(other, without_member(worker, "scopes"))
}

test_a_caller_has_no_token_without_names if {
	every value in not_names {
		not authz.allow with input as by(with_member(issue, "claims/sub", value), with_scopes(["kkp:issue"]))
		not authz.allow with input as by(with_member(issue, "claims/aud", value), with_scopes(["kkp:issue"]))
	}
	not authz.allow with input as by(without_member(issue, "claims"), with_scopes(["kkp:issue"]))
}

test_a_caller_has_a_token_for_itself if {
	authz.allow with input as by(issue, worker)
	authz.allow with input as by(issue, without_member(worker, "scopes"))
}

test_a_caller_with_the_scope_has_a_token_for_another if {
	other := with_member(issue, "claims/sub", "billing")
	authz.allow with input as by(other, with_scopes(["kkp:issue"]))
	authz.allow with input as by(other, with_scopes(["kkp:admin", "kkp:issue"]))
}

# Encrypt and data key, in authenticated mode

for_tokens := {"encrypt": encrypt, "data_key": data_key}

# By nobody, with a token for the operation.
by_token(action) := with_member(by(for_tokens[action], nobody), "claims", {
	"sub": "orders",
	"aud": "billing",
	"backend": "aws",
	"key_id": "alias/orders",
	"policy_claims": {},
	"ops": [action],
})

test_nobody_encrypts_or_has_a_data_key if {
	every document in for_tokens {
		every caller in not_callers {
			not authz.allow with input as by(document, caller)
		}
	}
}

test_a_token_for_other_operations_is_not_enough if {
	every action, _ in for_tokens {
		others := [op | some op in ["decrypt", "encrypt", "rewrap", "data_key"]; op != action]
		every ops in [others, [], null, action, {action: action}, [[action]], [upper(action)], "*"] {
			not authz.allow with input as with_member(by_token(action), "claims/ops", ops)
		}
		not authz.allow with input as without_member(by_token(action), "claims/ops")
	}
}

test_a_token_of_another_key_is_not_enough if {
	every action, _ in for_tokens {
		not authz.allow with input as with_member(by_token(action), "claims/backend", "gcp")
		not authz.allow with input as with_member(by_token(action), "claims/key_id", "alias/payroll")
		not authz.allow with input as without_member(by_token(action), "claims/backend")
		not authz.allow with input as without_member(by_token(action), "claims/key_id")
	}
}

test_a_token_of_no_key_is_not_enough_for_none if {
	every action, _ in for_tokens {
		every member in ["backend", "key_id"] {
			claim_gone := without_member(by_token(action), sprintf("claims/%s", [member]))
			not authz.allow with input as without_member(claim_gone, sprintf("request/%s", [member]))
		}
	}
}

test_a_token_encrypts_in_its_own_environment_alone if {
	every action, _ in for_tokens {
		bound := with_member(by_token(action), "claims/policy_claims", {"environment": "prod"})
		not authz.allow with input as bound
		not authz.allow with input as with_member(bound, "request/context", {"environment": "dev"})
		authz.allow with input as with_member(bound, "request/context", {"environment": "prod"})
	}
}

test_a_token_helps_no_half_of_a_caller if {
	every action, _ in for_tokens {
		every caller in [null, {}, {"kind": ""}, {"kind": "jwt"}, object.union(worker, {"id": ""})] {
			not authz.allow with input as by(by_token(action), caller)
		}
	}
}

test_a_caller_or_a_token_for_the_operation_is_enough if {
	every action, document in for_tokens {
		authz.allow with input as by(document, worker)
		authz.allow with input as by_token(action)
		authz.allow with input as by(by_token(action), worker)
		authz.allow with input as with_member(by_token(action), "claims/ops", ["decrypt", action])
	}
}

test_a_caller_encrypts_under_a_named_key_alone if {
	every document in for_tokens {
		every value in not_names {
			not authz.allow with input as with_member(by(document, worker), "request/backend", value)
			not authz.allow with input as with_member(by(document, worker), "request/key_id", value)
		}
	}
}

# Decrypt and rewrap, in authenticated mode

test_a_caller_opens_and_moves_nothing_without_a_token if {
	every document in [decrypt, rewrap] {
		admin := with_scopes(["kkp:issue", "kkp:admin"])
		not authz.allow with input as by(without_member(document, "claims"), admin)
		not authz.allow with input as by(with_member(document, "claims/key_id", "alias/payroll"), admin)
		not authz.allow with input as by(with_member(document, "request/context", {"environment": "dev"}), admin)
	}
}

test_a_token_alone_moves_to_no_other_key if {
	alone := by(rewrap, nobody)
	not authz.allow with input as alone
	not authz.allow with input as with_member(alone, "request/to", {"backend": "aws", "key_id": "alias/other"})
	not authz.allow with input as with_member(alone, "request/to", {"backend": "gcp", "key_id": "alias/orders"})
	not authz.allow with input as with_member(alone, "claims/ops", ["decrypt", "encrypt", "rewrap", "data_key"])
}

test_a_token_moves_to_its_own_key_for_nobody_but_nobody if {
	same := with_member(rewrap, "request/to", rewrap.request.envelope)
	every caller in [null, {}, {"kind": ""}, {"kind": "jwt"}, object.union(worker, {"id": ""})] {
		not authz.allow with input as by(same, caller)
	}
}

test_a_token_opens_for_whoever_has_it if {
	authz.allow with input as by(decrypt, nobody)
	authz.allow with input as by(decrypt, worker)
}

test_a_token_moves_to_its_own_key if {
	same := with_member(rewrap, "request/to", rewrap.request.envelope)
	authz.allow with input as by(same, nobody)
	authz.allow with input as by(same, worker)
}

test_a_caller_with_a_token_moves_to_any_key if authz.allow with input as by(rewrap, worker)

# Rotate, revoke, introspect, in authenticated mode

test_nobody_administers if {
	every document in administration {
		every caller in not_callers {
			not authz.allow with input as by(document, caller)
		}
		not authz.allow with input as by(document, {"kind": "none", "id": "orders", "scopes": ["kkp:admin"]})
		not authz.allow with input as by(document, {"kind": "jwt", "scopes": ["kkp:admin"]})
	}
}

test_a_caller_without_the_scope_does_not_administer if {
	every document in administration {
		near := ["kkp:issue", "kkp:admin2", "kkp:", "KKP:ADMIN", "admin", "kkp:admin ", "*", ""]
		not authz.allow with input as by(document, with_scopes(near))
		every scopes in ["kkp:admin", {"kkp:admin": "kkp:admin"}, null, true, [["kkp:admin"]]] {
			not authz.allow with input as by(document, with_scopes(scopes))
		}
		not authz.allow with input as by(document, without_member(worker, "scopes"))
		not authz.allow with input as object.union(by(document, worker), {"claims": token})
	}
}

test_a_caller_with_the_scope_administers if {
	every document in administration {
		authz.allow with input as by(document, with_scopes(["kkp:issue", "kkp:admin"]))
	}
}

# Revoke and introspect

takings := [
	{"action": "revoke_tokens", "request": {"rule": {"subject": "orders"}, "context": {}}, "caller": anonymous},
	{"action": "introspect_token", "request": {"context": {}}, "caller": anonymous},
]

administrator := {"kind": "jwt", "id": "root", "scopes": ["kkp:issue", "kkp:admin"], "attributes": {}}

test_revoking_and_introspecting_is_allowed_for_anonymous_callers if {
	every document in takings { authz.allow with input as document }
}

test_revoking_and_introspecting_is_allowed_with_the_scope_of_an_administrator if {
	every document in takings {
		authz.allow with input as with_member(document, "caller", administrator)
	}
}

test_revoking_and_introspecting_is_denied_without_that_scope if {
	every document in takings {
		every scopes in [[], ["kkp:issue"], ["admin"], ["kkp:admin "], ["KKP:ADMIN"], "", null, true, [["kkp:admin"]]] {
			not authz.allow with input as with_member(document, "caller", object.union(administrator, {"scopes": scopes}))
		}
	}
}

test_revoking_and_introspecting_is_denied_without_a_caller_or_its_kind if {
	every document in takings {
		not authz.allow with input as without_member(document, "caller")
		not authz.allow with input as without_member(with_member(document, "caller", administrator), "caller/kind")
		not authz.allow with input as without_member(with_member(document, "caller", administrator), "caller/scopes")
	}
}

test_revoking_and_introspecting_is_denied_to_a_token_that_speaks_for_itself if {
	every document in takings {
		not authz.allow with input as with_member(document, "caller", {"kind": "none"})
		not authz.allow with input as with_member(document, "caller", object.union(administrator, {"kind": "none"}))
	}
}

# Exchange

exchange := {
	"action": "exchange_token",
	"claims": object.union(token, {"act": {"sub": "gateway"}}),
	"subject": {"kind": "token", "claims": token},
	"request": {"context": {}},
	"caller": anonymous,
}

foreign := {"kind": "jwt", "id": "orders", "issuer": "https://id.example", "scopes": [], "attributes": {}}

foreign_exchange := with_member(by(exchange, worker), "subject", foreign)

exchanges := [exchange, by(exchange, worker), foreign_exchange, by(foreign_exchange, foreign)]

test_an_exchange_keeps_its_subject if {
	every document in exchanges { authz.allow with input as document }
}

test_no_exchange_is_for_another_subject if {
	every document in exchanges {
		every value in array.concat(not_names, ["Orders", "orders ", "gateway"]) {
			not authz.allow with input as with_member(document, "claims/sub", value)
		}
		not authz.allow with input as without_member(document, "claims/sub")
	}
	every scopes in [["kkp:issue"], ["kkp:admin"], ["kkp:issue", "kkp:admin"]] {
		other := with_member(by(exchange, with_scopes(scopes)), "claims/sub", "root")
		not authz.allow with input as other
		not authz.allow with input as with_member(other, "subject", foreign)
	}
}

test_no_exchange_is_for_an_audience_that_is_no_name if {
	every document in exchanges {
		every value in not_names {
			not authz.allow with input as with_member(document, "claims/aud", value)
		}
	}
}

test_no_exchange_is_without_a_subject_that_is_known if {
	every document in exchanges {
		not authz.allow with input as without_member(document, "subject")
		not authz.allow with input as without_member(document, "subject/kind")
		not authz.allow with input as without_member(document, "claims")
		every kind in ["anonymous", "none", "", null, true, ["token"]] {
			not authz.allow with input as with_member(document, "subject/kind", kind)
		}
	}
	not authz.allow with input as with_member(exchange, "subject/kind", "jwt")
	not authz.allow with input as with_member(foreign_exchange, "subject/kind", "token")
	not authz.allow with input as without_member(exchange, "subject/claims/sub")
	not authz.allow with input as without_member(foreign_exchange, "subject/id")
}

test_an_exchange_without_a_name_is_for_nobody if {
	every value in not_names {
		same := with_member(exchange, "subject/claims/sub", value)
		not authz.allow with input as with_member(same, "claims/sub", value)
		alike := with_member(foreign_exchange, "subject/id", value)
		not authz.allow with input as with_member(alike, "claims/sub", value)
	}
}

test_nobody_exchanges if {
	every document in exchanges {
		every caller in not_callers { not authz.allow with input as by(document, caller) }
		not authz.allow with input as by(document, {"kind": "none", "id": "orders", "scopes": ["kkp:issue"]})
	}
}

test_an_exchange_is_no_issue_and_an_issue_no_exchange if {
	gateway := object.union(worker, {"id": "gateway"})
	not authz.allow with input as with_member(by(exchange, gateway), "action", "issue_token")
	not authz.allow with input as with_member(issue, "action", "exchange_token")
}

# One token taken back

jti := "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

taking := {
	"action": "revoke_tokens",
	"claims": object.union(token, {"jti": jti}),
	"request": {"rule": {"jti": jti}, "context": {}},
	"caller": object.union(worker, {"id": "orders"}),
}

acting := with_member(by(taking, foreign_actor), "claims/act", {"sub": "gateway", "iss": "https://id.example"})

foreign_actor := object.union(foreign, {"id": "gateway"})

test_a_holder_takes_its_own_token_back if {
	authz.allow with input as taking
	authz.allow with input as acting
	here := with_member(taking, "claims/act", {"sub": "gateway"})
	authz.allow with input as by(here, {"kind": "api_key", "id": "gateway", "scopes": [], "attributes": {}})
}

test_nobody_else_takes_it_back if {
	every name in ["Orders", "orders2", "billing", "", null] {
		not authz.allow with input as with_member(taking, "caller/id", name)
	}
	not authz.allow with input as without_member(taking, "claims")
	not authz.allow with input as without_member(taking, "claims/sub")
	every caller in not_callers { not authz.allow with input as by(taking, caller) }
	not authz.allow with input as by(taking, {"kind": "none", "id": "orders"})
	not authz.allow with input as with_member(acting, "claims/act/iss", "https://other.example")
	not authz.allow with input as without_member(acting, "claims/act/iss")
	not authz.allow with input as without_member(acting, "caller/issuer")
	inner := {"sub": "front", "act": {"sub": "gateway", "iss": "https://id.example"}}
	not authz.allow with input as with_member(acting, "claims/act", inner)
}

test_a_holder_takes_nothing_else_back if {
	others := [
		{"jti": "3f2504e0-4f89-41d3-9a0c-0305e82c3302"}, {}, {"subject": "orders"}, {"before": 1}, {"kid": "k"},
		{"jti": jti, "subject": "billing"},
	]
	every rule in others {
		not authz.allow with input as with_member(taking, "request/rule", rule)
		not authz.allow with input as with_member(acting, "request/rule", rule)
	}
	not authz.allow with input as without_member(without_member(taking, "claims/jti"), "request/rule")
	not authz.allow with input as with_member(without_member(taking, "claims/jti"), "request/rule", {})
}

# Actions

test_an_action_is_denied_unless_its_name_is_known if {
	everything := object.union(rewrap, {"request": object.union(data_key.request, rewrap.request)})
	near := ["issue", "issue_tokens", "ISSUE_TOKEN", "encrypt ", "encrypted", "decrypt_all", "\tdecrypt", "rotate_keys2"]
	new := ["exchange", "exchange_tokens", "Exchange_Token", "rewrap_all", "re_wrap", "datakey", "data_keys", "Data_Key", "revoke", "revoke_token", "introspect"]
	others := ["", "*", "sign", null, true, 1, ["encrypt"], {"decrypt": true}]
	every action in array.concat(array.concat(near, new), others) {
		not authz.allow with input as object.union(everything, {"action": action})
	}
}

test_an_input_without_an_action_is_denied if {
	every document in [issue, exchange, encrypt, decrypt, rewrap, data_key, rotate, revoke, taking, introspect] {
		not authz.allow with input as without_member(document, "action")
	}
}

test_an_action_is_not_allowed_by_the_members_of_another if {
	not authz.allow with input as with_member(issue, "action", "encrypt")
	not authz.allow with input as with_member(issue, "action", "decrypt")
	not authz.allow with input as with_member(encrypt, "action", "issue_token")
	not authz.allow with input as with_member(encrypt, "action", "decrypt")
	not authz.allow with input as with_member(rotate, "action", "issue_token")
	not authz.allow with input as with_member(rotate, "action", "rewrap")
	not authz.allow with input as with_member(rotate, "action", "data_key")
	not authz.allow with input as with_member(decrypt, "action", "rewrap")
	not authz.allow with input as with_member(encrypt, "action", "rewrap")
	not authz.allow with input as with_member(issue, "action", "data_key")
	not authz.allow with input as with_member(rewrap, "action", "encrypt")
	not authz.allow with input as with_member(rewrap, "action", "data_key")
}

test_anything_that_is_no_object_is_denied if {
	every document in [null, true, "issue_token", 1, [], {}] {
		not authz.allow with input as document
	}
}

test_no_input_is_denied if not authz.allow
