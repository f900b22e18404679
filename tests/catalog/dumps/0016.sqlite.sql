BEGIN TRANSACTION;
CREATE TABLE absences (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	case_id VARCHAR(26), 
	device VARCHAR(128), 
	duty TEXT NOT NULL, 
	began_at VARCHAR(27) NOT NULL, 
	ended_at VARCHAR(27) NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	note TEXT NOT NULL, 
	stated_by VARCHAR(26) NOT NULL, 
	stated_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	decision VARCHAR(16), 
	decided_by VARCHAR(26), 
	decided_at VARCHAR(27), 
	decision_note TEXT, 
	decision_entry_id INTEGER, 
	CONSTRAINT pk_absences PRIMARY KEY (id), 
	CONSTRAINT fk_absences_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_absences_case_id FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT fk_absences_decided_by FOREIGN KEY(decided_by) REFERENCES people (id), 
	CONSTRAINT fk_absences_decision_entry_id FOREIGN KEY(decision_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_absences_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_absences_stated_by FOREIGN KEY(stated_by) REFERENCES people (id)
);
INSERT INTO "absences" VALUES('00000000000000000000000000','0sample0000000000000agency',NULL,NULL,'巡查','2026-03-01T08:00:00.000000Z','2026-03-01T08:00:00.000000Z','fault','-','0sample0000000000000person','2026-03-01T08:00:00.000000Z',1,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE agencies (
	id VARCHAR(26) NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	superior_id VARCHAR(26), 
	supervisor_id VARCHAR(26), 
	copies_wanted INTEGER DEFAULT '1' NOT NULL, 
	created_at VARCHAR(27) NOT NULL, arrival_hours INTEGER DEFAULT '24' NOT NULL, 
	CONSTRAINT pk_agencies PRIMARY KEY (id), 
	CONSTRAINT fk_agencies_superior_id FOREIGN KEY(superior_id) REFERENCES agencies (id), 
	CONSTRAINT fk_agencies_supervisor_id FOREIGN KEY(supervisor_id) REFERENCES agencies (id), 
	CONSTRAINT uq_agencies_code UNIQUE (code)
);
INSERT INTO "agencies" VALUES('0sample0000000000000agency','sample','某市城管局',NULL,NULL,1,'2026-03-01T08:00:00.000000Z',24);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0016');
CREATE TABLE approval_routes (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	relation VARCHAR(16) NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	recipient_kind VARCHAR(16) NOT NULL, 
	post_id VARCHAR(26) NOT NULL, 
	CONSTRAINT pk_approval_routes PRIMARY KEY (id), 
	CONSTRAINT fk_approval_routes_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_approval_routes_post_id FOREIGN KEY(post_id) REFERENCES posts (id), 
	CONSTRAINT uq_approval_routes_agency_id_relation_action_recipient_kind UNIQUE (agency_id, relation, action, recipient_kind)
);
CREATE TABLE approvals (
	id VARCHAR(26) NOT NULL, 
	request_id VARCHAR(26) NOT NULL, 
	approver_id VARCHAR(26) NOT NULL, 
	decision VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	decided_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_approvals PRIMARY KEY (id), 
	CONSTRAINT fk_approvals_approver_id FOREIGN KEY(approver_id) REFERENCES people (id), 
	CONSTRAINT fk_approvals_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_approvals_request_id FOREIGN KEY(request_id) REFERENCES requests (id), 
	CONSTRAINT uq_approvals_request_id UNIQUE (request_id)
);
INSERT INTO "approvals" VALUES('00000000000000000000000000','00000000000000000000000000','0sample0000000000000person','approved','-','2026-03-01T08:00:00.000000Z',1);
CREATE TABLE cases (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	number VARCHAR(128) NOT NULL, 
	title TEXT NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	opened_by VARCHAR(26) NOT NULL, 
	opened_at VARCHAR(27) NOT NULL, importance VARCHAR(16) DEFAULT 'ordinary' NOT NULL, 
	CONSTRAINT pk_cases PRIMARY KEY (id), 
	CONSTRAINT fk_cases_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_cases_opened_by FOREIGN KEY(opened_by) REFERENCES people (id), 
	CONSTRAINT uq_cases_agency_id_number UNIQUE (agency_id, number)
);
INSERT INTO "cases" VALUES('0sample000000000000000case','0sample0000000000000agency','〔2026〕1号','占道经营','start','0sample0000000000000person','2026-03-01T08:00:00.000000Z','ordinary');
CREATE TABLE checkpoint_tokens (
	id VARCHAR(26) NOT NULL, 
	origin TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	note BLOB NOT NULL, 
	authority TEXT NOT NULL, 
	token BLOB NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	gen_time VARCHAR(27) NOT NULL, 
	stored_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_checkpoint_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_checkpoint_tokens_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT uq_checkpoint_tokens_origin_size_authority UNIQUE (origin, size, authority)
);
INSERT INTO "checkpoint_tokens" VALUES('00000000000000000000000000','log.example/1',1,X'6E6F7465','embedded',X'746F6B656E','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','2026-03-01T08:00:00.000000Z','2026-03-01T08:00:00.000000Z',1);
CREATE TABLE devices (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	code VARCHAR(128) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	first_seen_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_devices PRIMARY KEY (id), 
	CONSTRAINT fk_devices_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT uq_devices_agency_id_code UNIQUE (agency_id, code)
);
CREATE TABLE disposal_items (
	disposal_id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_disposal_items PRIMARY KEY (disposal_id, recording_id), 
	CONSTRAINT fk_disposal_items_disposal_id FOREIGN KEY(disposal_id) REFERENCES disposals (id), 
	CONSTRAINT fk_disposal_items_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
CREATE TABLE disposals (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	requester_id VARCHAR(26) NOT NULL, 
	legal_basis TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	made_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	decider_id VARCHAR(26), 
	decision_reason TEXT, 
	decided_at VARCHAR(27), 
	decision_entry_id INTEGER, 
	CONSTRAINT pk_disposals PRIMARY KEY (id), 
	CONSTRAINT fk_disposals_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_disposals_decider_id FOREIGN KEY(decider_id) REFERENCES people (id), 
	CONSTRAINT fk_disposals_decision_entry_id FOREIGN KEY(decision_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_disposals_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_disposals_requester_id FOREIGN KEY(requester_id) REFERENCES people (id)
);
INSERT INTO "disposals" VALUES('00000000000000000000000000','0sample0000000000000agency','0sample0000000000000person','-','-','approved','2026-03-01T08:00:00.000000Z',1,NULL,NULL,NULL,NULL);
CREATE TABLE documents (
	id VARCHAR(26) NOT NULL, 
	case_id VARCHAR(26) NOT NULL, 
	original_id VARCHAR(26) NOT NULL, 
	title TEXT NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	content_type VARCHAR(128) NOT NULL, 
	filed_by VARCHAR(26) NOT NULL, 
	filed_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_documents PRIMARY KEY (id), 
	CONSTRAINT fk_documents_case_id FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT fk_documents_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_documents_filed_by FOREIGN KEY(filed_by) REFERENCES people (id), 
	CONSTRAINT fk_documents_original_id FOREIGN KEY(original_id) REFERENCES originals (id), 
	CONSTRAINT uq_documents_case_id_original_id UNIQUE (case_id, original_id)
);
CREATE TABLE erased_openings (
	entry_id INTEGER NOT NULL, 
	tombstone_id VARCHAR(26) NOT NULL, 
	CONSTRAINT pk_erased_openings PRIMARY KEY (entry_id), 
	CONSTRAINT fk_erased_openings_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_erased_openings_tombstone_id FOREIGN KEY(tombstone_id) REFERENCES tombstones (id)
);
INSERT INTO "erased_openings" VALUES(1,'00000000000000000000000000');
CREATE TABLE facts (
	original_id VARCHAR(26) NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	content BLOB NOT NULL, 
	made_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY (original_id, source), 
	CONSTRAINT fk_facts_original_id FOREIGN KEY(original_id) REFERENCES originals (id)
);
INSERT INTO "facts" VALUES('0sample000000000000r1g1na1','gpmf',X'7B7D','2026-03-01T08:00:00.000000Z');
CREATE TABLE grants (
	id VARCHAR(26) NOT NULL, 
	request_id VARCHAR(26) NOT NULL, 
	approval_id VARCHAR(26) NOT NULL, 
	person_id VARCHAR(26) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	reason TEXT, 
	expires_at VARCHAR(27) NOT NULL, 
	bundle_sha256 VARCHAR(64), 
	zip_sha256 VARCHAR(64), 
	zip_size BIGINT, 
	sent_through BIGINT DEFAULT '0' NOT NULL, 
	lease VARCHAR(26), 
	lease_until VARCHAR(27), 
	entry_id INTEGER NOT NULL, 
	release_entry_id INTEGER, 
	CONSTRAINT pk_grants PRIMARY KEY (id), 
	CONSTRAINT ck_grants_state CHECK (state IN ('approved', 'ready', 'failed', 'releasing', 'completed', 'expired')), 
	CONSTRAINT fk_grants_approval_id FOREIGN KEY(approval_id) REFERENCES approvals (id), 
	CONSTRAINT fk_grants_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_grants_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_grants_release_entry_id FOREIGN KEY(release_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_grants_request_id FOREIGN KEY(request_id) REFERENCES requests (id), 
	CONSTRAINT uq_grants_request_id UNIQUE (request_id)
);
CREATE TABLE holds (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26), 
	case_id VARCHAR(26), 
	reason TEXT NOT NULL, 
	placed_by VARCHAR(26) NOT NULL, 
	placed_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	released_at VARCHAR(27), 
	released_entry_id INTEGER, 
	CONSTRAINT pk_holds PRIMARY KEY (id), 
	CONSTRAINT ck_holds_subject CHECK ((recording_id IS NULL) <> (case_id IS NULL)), 
	CONSTRAINT fk_holds_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_holds_case_id FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT fk_holds_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_holds_placed_by FOREIGN KEY(placed_by) REFERENCES people (id), 
	CONSTRAINT fk_holds_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id), 
	CONSTRAINT fk_holds_released_entry_id FOREIGN KEY(released_entry_id) REFERENCES ledger (id)
);
CREATE TABLE interruptions (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	session TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	stopped_at VARCHAR(27) NOT NULL, 
	restarted_at VARCHAR(27), 
	document_id VARCHAR(26), 
	made_by VARCHAR(26) NOT NULL, 
	made_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	noted_entry_id INTEGER, 
	CONSTRAINT pk_interruptions PRIMARY KEY (id), 
	CONSTRAINT fk_interruptions_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_interruptions_document_id FOREIGN KEY(document_id) REFERENCES documents (id), 
	CONSTRAINT fk_interruptions_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_interruptions_made_by FOREIGN KEY(made_by) REFERENCES people (id), 
	CONSTRAINT fk_interruptions_noted_entry_id FOREIGN KEY(noted_entry_id) REFERENCES ledger (id)
);
INSERT INTO "interruptions" VALUES('00000000000000000000000000','0sample0000000000000agency','询问-1','-','2026-03-01T08:00:00.000000Z',NULL,NULL,'0sample0000000000000person','2026-03-01T08:00:00.000000Z',1,NULL);
CREATE TABLE inventories (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	station_id VARCHAR(26) NOT NULL, 
	device VARCHAR(128) NOT NULL, 
	taken_at VARCHAR(27) NOT NULL, 
	clock_offset_ms BIGINT, 
	clock_uncertainty_ms BIGINT, 
	clock_measured_at VARCHAR(27), 
	items INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	body BLOB NOT NULL, 
	signature BLOB, 
	received_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_inventories PRIMARY KEY (id), 
	CONSTRAINT fk_inventories_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_inventories_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_inventories_station_id FOREIGN KEY(station_id) REFERENCES stations (id), 
	CONSTRAINT uq_inventories_station_id_sha256 UNIQUE (station_id, sha256)
);
INSERT INTO "inventories" VALUES('00000000000000000000000000','0sample0000000000000agency','0sample000000000000stat10n','DSJ-7','2026-03-01T08:00:00.000000Z',NULL,NULL,NULL,1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'7B7D',NULL,'2026-03-01T08:00:00.000000Z',1);
CREATE TABLE inventory_items (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	device VARCHAR(128) NOT NULL, 
	name TEXT NOT NULL, 
	base_name TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	started_at VARCHAR(27), 
	ended_at VARCHAR(27), 
	sha256 VARCHAR(64), 
	recorded_at VARCHAR(27) NOT NULL, 
	first_inventory_id VARCHAR(26) NOT NULL, 
	last_inventory_id VARCHAR(26) NOT NULL, 
	upload_id VARCHAR(26), 
	arrived_at VARCHAR(27), 
	arrived_after_s BIGINT, 
	explanation TEXT, 
	explained_by VARCHAR(26), 
	explained_at VARCHAR(27), 
	explained_entry_id INTEGER, 
	CONSTRAINT pk_inventory_items PRIMARY KEY (id), 
	CONSTRAINT fk_inventory_items_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_inventory_items_explained_by FOREIGN KEY(explained_by) REFERENCES people (id), 
	CONSTRAINT fk_inventory_items_explained_entry_id FOREIGN KEY(explained_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_inventory_items_first_inventory_id FOREIGN KEY(first_inventory_id) REFERENCES inventories (id), 
	CONSTRAINT fk_inventory_items_last_inventory_id FOREIGN KEY(last_inventory_id) REFERENCES inventories (id), 
	CONSTRAINT fk_inventory_items_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id), 
	CONSTRAINT uq_inventory_items_agency_id_key UNIQUE (agency_id, "key")
);
INSERT INTO "inventory_items" VALUES('00000000000000000000000000','0sample0000000000000agency','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','DSJ-7','DCIM/现场.mp4','现场.mp4',4,NULL,NULL,NULL,'2026-03-01T08:00:00.000000Z','00000000000000000000000000','00000000000000000000000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE job_failures (
	kind VARCHAR(32) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	failures INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	since VARCHAR(27) NOT NULL, 
	last_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_job_failures PRIMARY KEY (kind, subject)
);
CREATE TABLE joins (
	id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26) NOT NULL, 
	member_id VARCHAR(26) NOT NULL, 
	original_id VARCHAR(26) NOT NULL, 
	position INTEGER NOT NULL, 
	offset_ms BIGINT, 
	duration_ms BIGINT, 
	before_end VARCHAR(27), 
	after_start VARCHAR(27), 
	gap_ms BIGINT, 
	joined_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	ended_at VARCHAR(27), 
	ended_entry_id INTEGER, 
	CONSTRAINT pk_joins PRIMARY KEY (id), 
	CONSTRAINT fk_joins_ended_entry_id FOREIGN KEY(ended_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_joins_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_joins_member_id FOREIGN KEY(member_id) REFERENCES recordings (id), 
	CONSTRAINT fk_joins_original_id FOREIGN KEY(original_id) REFERENCES originals (id), 
	CONSTRAINT fk_joins_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
INSERT INTO "joins" VALUES('00000000000000000000000000','0sample0000000000rec0rd1ng','0sample0000000000rec0rd1ng','0sample000000000000r1g1na1',1,NULL,NULL,NULL,NULL,1500,'2026-03-01T08:00:00.000000Z',1,NULL,NULL);
CREATE TABLE ledger (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at VARCHAR(27) NOT NULL, 
	agency_id VARCHAR(26), 
	actor_kind VARCHAR(16) NOT NULL, 
	actor_id TEXT NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	subject_kind VARCHAR(16) NOT NULL, 
	subject_id TEXT NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	body BLOB NOT NULL, 
	commitment BLOB NOT NULL, 
	CONSTRAINT uq_ledger_commitment UNIQUE (commitment)
);
INSERT INTO "ledger" VALUES(1,'2026-03-01T08:00:00.000000Z','0sample0000000000000agency','station','0sample000000000000stat10n','catalogue','recording','0sample0000000000rec0rd1ng','done',X'7B7D',X'0101010101010101010101010101010101010101010101010101010101010101');
CREATE TABLE ledger_leaves (
	entry_id INTEGER NOT NULL, 
	leaf_index BIGINT NOT NULL, 
	CONSTRAINT pk_ledger_leaves PRIMARY KEY (entry_id), 
	CONSTRAINT fk_ledger_leaves_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT uq_ledger_leaves_leaf_index UNIQUE (leaf_index)
);
INSERT INTO "ledger_leaves" VALUES(1,1);
CREATE TABLE ledger_openings (
	entry_id INTEGER NOT NULL, 
	salt BLOB NOT NULL, 
	CONSTRAINT pk_ledger_openings PRIMARY KEY (entry_id), 
	CONSTRAINT fk_ledger_openings_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
INSERT INTO "ledger_openings" VALUES(1,X'0202020202020202020202020202020202020202020202020202020202020202');
CREATE TABLE links (
	id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26) NOT NULL, 
	case_id VARCHAR(26) NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	linked_at VARCHAR(27) NOT NULL, 
	ended_at VARCHAR(27), 
	ended_entry_id INTEGER, 
	CONSTRAINT pk_links PRIMARY KEY (id), 
	CONSTRAINT fk_links_case_id FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT fk_links_ended_entry_id FOREIGN KEY(ended_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_links_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_links_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
CREATE TABLE log_heads (
	origin TEXT NOT NULL, 
	note BLOB NOT NULL, 
	CONSTRAINT pk_log_heads PRIMARY KEY (origin)
);
INSERT INTO "log_heads" VALUES('log.example/1',X'6E6F7465');
CREATE TABLE marks (
	id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	note TEXT, 
	source VARCHAR(16) NOT NULL, 
	person_id VARCHAR(26), 
	made_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_marks PRIMARY KEY (id), 
	CONSTRAINT fk_marks_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_marks_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_marks_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
CREATE TABLE older_copies (
	recording_id VARCHAR(26) NOT NULL, 
	recipe VARCHAR(32) NOT NULL, 
	claimed_at VARCHAR(27), 
	claimed_by VARCHAR(64), 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	reason TEXT, 
	CONSTRAINT pk_older_copies PRIMARY KEY (recording_id), 
	CONSTRAINT fk_older_copies_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
INSERT INTO "older_copies" VALUES('0sample0000000000rec0rd1ng','r2',NULL,NULL,0,NULL);
CREATE TABLE originals (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	manifest_sha256 VARCHAR(64) NOT NULL, 
	manifest BLOB NOT NULL, 
	vault VARCHAR(64) NOT NULL, 
	vault_version TEXT, 
	manifest_version TEXT, 
	leaf_index BIGINT NOT NULL, 
	sealed_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_originals PRIMARY KEY (id), 
	CONSTRAINT fk_originals_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT uq_originals_agency_id_sha256 UNIQUE (agency_id, sha256), 
	CONSTRAINT uq_originals_leaf_index UNIQUE (leaf_index), 
	CONSTRAINT uq_originals_manifest_sha256 UNIQUE (manifest_sha256)
);
INSERT INTO "originals" VALUES('0sample000000000000r1g1na1','0sample0000000000000agency','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',4,'现场.mp4','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',X'7B7D','files',NULL,NULL,0,'2026-03-01T08:00:00.000000Z');
CREATE TABLE outbox (
	entry_id INTEGER NOT NULL, 
	commitment BLOB NOT NULL, 
	queued_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (entry_id), 
	CONSTRAINT fk_outbox_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
CREATE TABLE parts (
	recording_id VARCHAR(26) NOT NULL, 
	position INTEGER NOT NULL, 
	original_id VARCHAR(26) NOT NULL, 
	CONSTRAINT pk_parts PRIMARY KEY (recording_id, position), 
	CONSTRAINT fk_parts_original_id FOREIGN KEY(original_id) REFERENCES originals (id), 
	CONSTRAINT fk_parts_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id), 
	CONSTRAINT uq_parts_original_id UNIQUE (original_id)
);
INSERT INTO "parts" VALUES('0sample0000000000rec0rd1ng',0,'0sample000000000000r1g1na1');
CREATE TABLE people (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	login VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	password_once BOOLEAN NOT NULL, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	locked_until VARCHAR(27), 
	disabled_at VARCHAR(27), 
	created_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (id), 
	CONSTRAINT fk_people_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT uq_people_login UNIQUE (login)
);
INSERT INTO "people" VALUES('0sample0000000000000person','0sample0000000000000agency','zhang','张三','-',1,0,NULL,NULL,'2026-03-01T08:00:00.000000Z');
CREATE TABLE post_holders (
	id VARCHAR(26) NOT NULL, 
	post_id VARCHAR(26) NOT NULL, 
	person_id VARCHAR(26) NOT NULL, 
	since VARCHAR(27) NOT NULL, 
	until VARCHAR(27), 
	CONSTRAINT pk_post_holders PRIMARY KEY (id), 
	CONSTRAINT fk_post_holders_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_post_holders_post_id FOREIGN KEY(post_id) REFERENCES posts (id)
);
CREATE TABLE posts (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_posts PRIMARY KEY (id), 
	CONSTRAINT fk_posts_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT uq_posts_agency_id_name UNIQUE (agency_id, name)
);
CREATE TABLE quality_findings (
	recording_id VARCHAR(26) NOT NULL, 
	position INTEGER NOT NULL, 
	code VARCHAR(16) NOT NULL, 
	start_ms BIGINT NOT NULL, 
	end_ms BIGINT NOT NULL, 
	CONSTRAINT pk_quality_findings PRIMARY KEY (recording_id, position), 
	CONSTRAINT fk_quality_findings_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
CREATE TABLE quarantine (
	upload_id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	declared_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	entered_at VARCHAR(27) NOT NULL, 
	decision VARCHAR(16), 
	decided_by VARCHAR(26), 
	decided_at VARCHAR(27), 
	decision_reason TEXT, 
	decision_entry_id INTEGER, 
	CONSTRAINT pk_quarantine PRIMARY KEY (upload_id), 
	CONSTRAINT fk_quarantine_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_quarantine_decided_by FOREIGN KEY(decided_by) REFERENCES people (id), 
	CONSTRAINT fk_quarantine_decision_entry_id FOREIGN KEY(decision_entry_id) REFERENCES ledger (id)
);
CREATE TABLE receipts (
	upload_id VARCHAR(26) NOT NULL, 
	complete BOOLEAN NOT NULL, 
	body BLOB NOT NULL, 
	stored_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_receipts PRIMARY KEY (upload_id, complete), 
	CONSTRAINT fk_receipts_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id)
);
INSERT INTO "receipts" VALUES('0sample0000000000000up10ad',0,X'7B7D','2026-03-01T08:00:00.000000Z');
CREATE TABLE recordings (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	medium VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	reason TEXT, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	claimed_at VARCHAR(27), 
	name TEXT NOT NULL, 
	device_id VARCHAR(26), 
	operator TEXT, 
	session TEXT, 
	channel TEXT, 
	declared_case TEXT, 
	started_at VARCHAR(27), 
	ended_at VARCHAR(27), 
	clock_offset_ms BIGINT, 
	duration_ms BIGINT, 
	recipe VARCHAR(32), 
	catalogued_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, claimed_by VARCHAR(64), wanted_at VARCHAR(27), postponed_at VARCHAR(27), 
	CONSTRAINT pk_recordings PRIMARY KEY (id), 
	CONSTRAINT ck_recordings_medium CHECK (medium IN ('unknown', 'video', 'audio', 'picture', 'text')), 
	CONSTRAINT ck_recordings_state CHECK (state IN ('catalogued', 'preparing', 'ready', 'unplayable')), 
	CONSTRAINT fk_recordings_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_recordings_device_id FOREIGN KEY(device_id) REFERENCES devices (id), 
	CONSTRAINT fk_recordings_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
INSERT INTO "recordings" VALUES('0sample0000000000rec0rd1ng','0sample0000000000000agency','body-camera','unknown','catalogued',NULL,0,NULL,'现场.mp4',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-01T08:00:00.000000Z',1,NULL,NULL,NULL);
CREATE TABLE rendition_keys (
	id VARCHAR(64) NOT NULL, 
	vkey TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_rendition_keys PRIMARY KEY (id), 
	CONSTRAINT fk_rendition_keys_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
CREATE TABLE renditions (
	recording_id VARCHAR(26) NOT NULL, 
	recipe VARCHAR(32) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	content_type VARCHAR(128) NOT NULL, 
	provenance BLOB NOT NULL, 
	made_at VARCHAR(27) NOT NULL, signed_by VARCHAR(64), signature BLOB, place VARCHAR(64), 
	CONSTRAINT pk_renditions PRIMARY KEY (recording_id, recipe, name), 
	CONSTRAINT fk_renditions_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id)
);
CREATE TABLE renewals (
	id VARCHAR(26) NOT NULL, 
	original_id VARCHAR(26) NOT NULL, 
	number INTEGER NOT NULL, 
	statement BLOB NOT NULL, 
	tokens INTEGER NOT NULL, 
	authority TEXT NOT NULL, 
	token BLOB NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	gen_time VARCHAR(27) NOT NULL, 
	good_until VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_renewals PRIMARY KEY (id), 
	CONSTRAINT fk_renewals_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_renewals_original_id FOREIGN KEY(original_id) REFERENCES originals (id), 
	CONSTRAINT uq_renewals_original_id_number UNIQUE (original_id, number), 
	CONSTRAINT uq_renewals_sha256 UNIQUE (sha256)
);
INSERT INTO "renewals" VALUES('00000000000000000000000000','0sample000000000000r1g1na1',1,X'7B7D',1,'embedded',X'746F6B656E','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','2026-03-01T08:00:00.000000Z','2026-03-01T08:00:00.000000Z',1);
CREATE TABLE repeated_manifests (
	upload_id VARCHAR(26) NOT NULL, 
	original_id VARCHAR(26) NOT NULL, 
	manifest_sha256 VARCHAR(64) NOT NULL, 
	manifest BLOB NOT NULL, 
	manifest_version TEXT, 
	leaf_index BIGINT NOT NULL, 
	CONSTRAINT pk_repeated_manifests PRIMARY KEY (upload_id), 
	CONSTRAINT fk_repeated_manifests_original_id FOREIGN KEY(original_id) REFERENCES originals (id), 
	CONSTRAINT fk_repeated_manifests_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id), 
	CONSTRAINT uq_repeated_manifests_leaf_index UNIQUE (leaf_index), 
	CONSTRAINT uq_repeated_manifests_manifest_sha256 UNIQUE (manifest_sha256)
);
INSERT INTO "repeated_manifests" VALUES('0sample0000000000000up10ad','0sample000000000000r1g1na1','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',X'7B7D',NULL,2);
CREATE TABLE request_items (
	request_id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26) NOT NULL, 
	CONSTRAINT pk_request_items PRIMARY KEY (request_id, recording_id), 
	CONSTRAINT fk_request_items_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id), 
	CONSTRAINT fk_request_items_request_id FOREIGN KEY(request_id) REFERENCES requests (id)
);
CREATE TABLE requests (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	case_id VARCHAR(26) NOT NULL, 
	requester_id VARCHAR(26) NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	recipient TEXT NOT NULL, 
	recipient_kind VARCHAR(16) NOT NULL, 
	legal_basis TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	post_id VARCHAR(26), 
	state VARCHAR(16) NOT NULL, 
	made_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_requests PRIMARY KEY (id), 
	CONSTRAINT fk_requests_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_requests_case_id FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT fk_requests_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_requests_post_id FOREIGN KEY(post_id) REFERENCES posts (id), 
	CONSTRAINT fk_requests_requester_id FOREIGN KEY(requester_id) REFERENCES people (id)
);
INSERT INTO "requests" VALUES('00000000000000000000000000','0sample0000000000000agency','0sample000000000000000case','0sample0000000000000person','copy','法院','court','-','-',NULL,'approved','2026-03-01T08:00:00.000000Z',1);
CREATE TABLE retention_rules (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	importance VARCHAR(16) NOT NULL, 
	months INTEGER, 
	legal_basis TEXT NOT NULL, 
	made_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	ended_at VARCHAR(27), 
	ended_entry_id INTEGER, 
	CONSTRAINT pk_retention_rules PRIMARY KEY (id), 
	CONSTRAINT fk_retention_rules_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_retention_rules_ended_entry_id FOREIGN KEY(ended_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_retention_rules_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
CREATE TABLE revocations (
	sha256 VARCHAR(64) NOT NULL, 
	authority TEXT NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	issuer VARCHAR(64) NOT NULL, 
	serial TEXT, 
	content BLOB NOT NULL, 
	this_update VARCHAR(27) NOT NULL, 
	next_update VARCHAR(27), 
	kept_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_revocations PRIMARY KEY (sha256), 
	CONSTRAINT fk_revocations_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
INSERT INTO "revocations" VALUES('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','embedded','crl','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',NULL,X'6C697374','2026-03-01T08:00:00.000000Z',NULL,'2026-03-01T08:00:00.000000Z',1);
CREATE TABLE roles (
	id VARCHAR(26) NOT NULL, 
	person_id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	ended_at VARCHAR(27), 
	ended_entry_id INTEGER, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT fk_roles_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_roles_ended_entry_id FOREIGN KEY(ended_entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_roles_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_roles_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE TABLE scrub_defects (
	vault VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	detail TEXT NOT NULL, 
	found_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_scrub_defects PRIMARY KEY (vault, sha256)
);
CREATE TABLE scrubs (
	id VARCHAR(26) NOT NULL, 
	began_at VARCHAR(27) NOT NULL, 
	ended_at VARCHAR(27), 
	position VARCHAR(26), 
	turns_left INTEGER NOT NULL, 
	samples_left INTEGER NOT NULL, 
	checked BIGINT NOT NULL, 
	bad BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	entry_id INTEGER, 
	CONSTRAINT pk_scrubs PRIMARY KEY (id), 
	CONSTRAINT fk_scrubs_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id)
);
CREATE TABLE sessions (
	id VARCHAR(64) NOT NULL, 
	person_id VARCHAR(26) NOT NULL, 
	csrf VARCHAR(64) NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	expires_at VARCHAR(27) NOT NULL, 
	ended_at VARCHAR(27), 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE TABLE station_codes (
	id VARCHAR(64) NOT NULL, 
	station_id VARCHAR(26) NOT NULL, 
	expires_at VARCHAR(27) NOT NULL, 
	public_key VARCHAR(64), 
	CONSTRAINT pk_station_codes PRIMARY KEY (id), 
	CONSTRAINT fk_station_codes_station_id FOREIGN KEY(station_id) REFERENCES stations (id)
);
INSERT INTO "station_codes" VALUES('ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','0sample000000000000stat10n','2026-03-01T08:00:00.000000Z',NULL);
CREATE TABLE station_keys (
	id VARCHAR(26) NOT NULL, 
	station_id VARCHAR(26) NOT NULL, 
	vkey TEXT NOT NULL, 
	since VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_station_keys PRIMARY KEY (id), 
	CONSTRAINT fk_station_keys_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_station_keys_station_id FOREIGN KEY(station_id) REFERENCES stations (id), 
	CONSTRAINT uq_station_keys_vkey UNIQUE (vkey)
);
INSERT INTO "station_keys" VALUES('00000000000000000000000000','0sample000000000000stat10n','0sample000000000000stat10n+00000000+AQ==','2026-03-01T08:00:00.000000Z',1);
CREATE TABLE stations (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	name TEXT NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	enrolled_at VARCHAR(27) NOT NULL, 
	revoked_at VARCHAR(27), next_token_hash VARCHAR(64), former_token_hash VARCHAR(64), former_token_until VARCHAR(27), 
	CONSTRAINT pk_stations PRIMARY KEY (id), 
	CONSTRAINT fk_stations_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT uq_stations_agency_id_name UNIQUE (agency_id, name), 
	CONSTRAINT uq_stations_token_hash UNIQUE (token_hash)
);
INSERT INTO "stations" VALUES('0sample000000000000stat10n','0sample0000000000000agency','采集站 1','0000000000000000000000000000000000000000000000000000000000000000','2026-03-01T08:00:00.000000Z',NULL,NULL,NULL,NULL);
CREATE TABLE subjects (
	id VARCHAR(26) NOT NULL, 
	case_id VARCHAR(26) NOT NULL, 
	name TEXT NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_subjects PRIMARY KEY (id), 
	CONSTRAINT fk_subjects_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE TABLE tokens (
	id VARCHAR(26) NOT NULL, 
	original_id VARCHAR(26) NOT NULL, 
	over VARCHAR(16) NOT NULL, 
	authority TEXT NOT NULL, 
	token BLOB, 
	sha256 VARCHAR(64), 
	gen_time VARCHAR(27), 
	asked_at VARCHAR(27) NOT NULL, number INTEGER DEFAULT '1' NOT NULL, good_until VARCHAR(27), 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_original_id FOREIGN KEY(original_id) REFERENCES originals (id)
);
INSERT INTO "tokens" VALUES('00000000000000000000000000','0sample000000000000r1g1na1','original','embedded',NULL,NULL,NULL,'2026-03-01T08:00:00.000000Z',1,NULL);
CREATE TABLE tombstones (
	id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26) NOT NULL, 
	disposal_id VARCHAR(26) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	made_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_tombstones PRIMARY KEY (id), 
	CONSTRAINT fk_tombstones_disposal_id FOREIGN KEY(disposal_id) REFERENCES disposals (id), 
	CONSTRAINT fk_tombstones_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_tombstones_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id), 
	CONSTRAINT uq_tombstones_disposal_id_recording_id UNIQUE (disposal_id, recording_id), 
	CONSTRAINT uq_tombstones_entry_id UNIQUE (entry_id)
);
INSERT INTO "tombstones" VALUES('00000000000000000000000000','0sample0000000000rec0rd1ng','00000000000000000000000000',1,'2026-03-01T08:00:00.000000Z');
CREATE TABLE uploads (
	id VARCHAR(26) NOT NULL, 
	agency_id VARCHAR(26) NOT NULL, 
	station_id VARCHAR(26), 
	person_id VARCHAR(26), 
	state VARCHAR(16) NOT NULL, 
	sha256 VARCHAR(64), 
	size BIGINT NOT NULL, 
	statement BLOB NOT NULL, 
	original_id VARCHAR(26), 
	received_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_uploads PRIMARY KEY (id), 
	CONSTRAINT fk_uploads_agency_id FOREIGN KEY(agency_id) REFERENCES agencies (id), 
	CONSTRAINT fk_uploads_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_uploads_original_id FOREIGN KEY(original_id) REFERENCES originals (id), 
	CONSTRAINT fk_uploads_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_uploads_station_id FOREIGN KEY(station_id) REFERENCES stations (id)
);
INSERT INTO "uploads" VALUES('0sample0000000000000up10ad','0sample0000000000000agency','0sample000000000000stat10n',NULL,'catalogued','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',4,X'7B7D','0sample000000000000r1g1na1','2026-03-01T08:00:00.000000Z',1);
CREATE TABLE vault_copies (
	sha256 VARCHAR(64) NOT NULL, 
	vault VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	version TEXT, 
	checked VARCHAR(16) NOT NULL, 
	checked_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_vault_copies PRIMARY KEY (sha256, vault)
);
INSERT INTO "vault_copies" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','replica',4,NULL,'readback','2026-03-01T08:00:00.000000Z');
CREATE TABLE vault_locks (
	original_id VARCHAR(26) NOT NULL, 
	vault VARCHAR(64) NOT NULL, 
	until VARCHAR(27) NOT NULL, 
	held BOOLEAN NOT NULL, 
	renewed_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_vault_locks PRIMARY KEY (original_id, vault), 
	CONSTRAINT fk_vault_locks_original_id FOREIGN KEY(original_id) REFERENCES originals (id)
);
INSERT INTO "vault_locks" VALUES('0sample000000000000r1g1na1','files','2026-03-01T08:00:00.000000Z',0,'2026-03-01T08:00:00.000000Z');
CREATE TABLE views (
	id VARCHAR(26) NOT NULL, 
	recording_id VARCHAR(26), 
	document_id VARCHAR(26), 
	person_id VARCHAR(26) NOT NULL, 
	session_id VARCHAR(64) NOT NULL, 
	purpose TEXT NOT NULL, 
	opened_at VARCHAR(27) NOT NULL, 
	expires_at VARCHAR(27) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	CONSTRAINT pk_views PRIMARY KEY (id), 
	CONSTRAINT ck_views_subject CHECK ((recording_id IS NULL) <> (document_id IS NULL)), 
	CONSTRAINT fk_views_document_id FOREIGN KEY(document_id) REFERENCES documents (id), 
	CONSTRAINT fk_views_entry_id FOREIGN KEY(entry_id) REFERENCES ledger (id), 
	CONSTRAINT fk_views_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_views_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id), 
	CONSTRAINT fk_views_session_id FOREIGN KEY(session_id) REFERENCES sessions (id)
);
CREATE TABLE workers (
	id VARCHAR(64) NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	started_at VARCHAR(27) NOT NULL, 
	beats BIGINT NOT NULL, 
	beat_at VARCHAR(27) NOT NULL, 
	lost_at VARCHAR(27), 
	CONSTRAINT pk_workers PRIMARY KEY (id)
);
CREATE INDEX ix_ledger_actor_id_id ON ledger (actor_id, id);
CREATE INDEX ix_ledger_agency_id_id ON ledger (agency_id, id);
CREATE INDEX ix_ledger_subject_kind_subject_id_id ON ledger (subject_kind, subject_id, id);
CREATE INDEX ix_originals_sha256 ON originals (sha256);
CREATE INDEX ix_post_holders_person_id ON post_holders (person_id);
CREATE INDEX ix_post_holders_post_id ON post_holders (post_id);
CREATE INDEX ix_recordings_agency_id_catalogued_at ON recordings (agency_id, catalogued_at);
CREATE INDEX ix_recordings_state ON recordings (state);
CREATE INDEX ix_roles_person_id ON roles (person_id);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);
CREATE INDEX ix_tokens_original_id ON tokens (original_id);
CREATE INDEX ix_uploads_original_id ON uploads (original_id);
CREATE INDEX ix_uploads_station_id ON uploads (station_id);
CREATE INDEX ix_links_case_id ON links (case_id);
CREATE UNIQUE INDEX uq_links_open ON links (recording_id, case_id) WHERE ended_at IS NULL;
CREATE INDEX ix_marks_recording_id ON marks (recording_id);
CREATE INDEX ix_repeated_manifests_original_id ON repeated_manifests (original_id);
CREATE INDEX ix_requests_agency_id_state ON requests (agency_id, state);
CREATE INDEX ix_subjects_case_id ON subjects (case_id);
CREATE INDEX ix_views_recording_id ON views (recording_id);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only: ledger'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only: ledger'); END;
CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE (id = NEW.id) OR (commitment = NEW.commitment)) BEGIN SELECT RAISE(ABORT, 'append-only: ledger'); END;
CREATE TRIGGER ledger_openings_no_update BEFORE UPDATE ON ledger_openings BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END;
CREATE TRIGGER ledger_openings_no_replace BEFORE INSERT ON ledger_openings WHEN EXISTS (SELECT 1 FROM ledger_openings WHERE (entry_id = NEW.entry_id)) BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END;
CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON ledger_leaves BEGIN SELECT RAISE(ABORT, 'append-only: ledger_leaves'); END;
CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON ledger_leaves BEGIN SELECT RAISE(ABORT, 'append-only: ledger_leaves'); END;
CREATE TRIGGER ledger_leaves_no_replace BEFORE INSERT ON ledger_leaves WHEN EXISTS (SELECT 1 FROM ledger_leaves WHERE (entry_id = NEW.entry_id) OR (leaf_index = NEW.leaf_index)) BEGIN SELECT RAISE(ABORT, 'append-only: ledger_leaves'); END;
CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals BEGIN SELECT RAISE(ABORT, 'append-only: approvals'); END;
CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals BEGIN SELECT RAISE(ABORT, 'append-only: approvals'); END;
CREATE TRIGGER approvals_no_replace BEFORE INSERT ON approvals WHEN EXISTS (SELECT 1 FROM approvals WHERE (id = NEW.id) OR (request_id = NEW.request_id)) BEGIN SELECT RAISE(ABORT, 'append-only: approvals'); END;
CREATE TRIGGER originals_no_update BEFORE UPDATE ON originals BEGIN SELECT RAISE(ABORT, 'append-only: originals'); END;
CREATE TRIGGER originals_no_delete BEFORE DELETE ON originals BEGIN SELECT RAISE(ABORT, 'append-only: originals'); END;
CREATE TRIGGER originals_no_replace BEFORE INSERT ON originals WHEN EXISTS (SELECT 1 FROM originals WHERE (id = NEW.id) OR (manifest_sha256 = NEW.manifest_sha256) OR (leaf_index = NEW.leaf_index) OR (agency_id = NEW.agency_id AND sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: originals'); END;
CREATE TRIGGER tokens_no_delete BEFORE DELETE ON tokens BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END;
CREATE TRIGGER tokens_no_replace BEFORE INSERT ON tokens WHEN EXISTS (SELECT 1 FROM tokens WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END;
CREATE TRIGGER uploads_no_update BEFORE UPDATE ON uploads BEGIN SELECT RAISE(ABORT, 'append-only: uploads'); END;
CREATE TRIGGER uploads_no_delete BEFORE DELETE ON uploads BEGIN SELECT RAISE(ABORT, 'append-only: uploads'); END;
CREATE TRIGGER uploads_no_replace BEFORE INSERT ON uploads WHEN EXISTS (SELECT 1 FROM uploads WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'append-only: uploads'); END;
CREATE TRIGGER repeated_manifests_no_update BEFORE UPDATE ON repeated_manifests BEGIN SELECT RAISE(ABORT, 'append-only: repeated_manifests'); END;
CREATE TRIGGER repeated_manifests_no_delete BEFORE DELETE ON repeated_manifests BEGIN SELECT RAISE(ABORT, 'append-only: repeated_manifests'); END;
CREATE TRIGGER repeated_manifests_no_replace BEFORE INSERT ON repeated_manifests WHEN EXISTS (SELECT 1 FROM repeated_manifests WHERE (upload_id = NEW.upload_id) OR (manifest_sha256 = NEW.manifest_sha256) OR (leaf_index = NEW.leaf_index)) BEGIN SELECT RAISE(ABORT, 'append-only: repeated_manifests'); END;
CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'append-only: receipts'); END;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'append-only: receipts'); END;
CREATE TRIGGER receipts_no_replace BEFORE INSERT ON receipts WHEN EXISTS (SELECT 1 FROM receipts WHERE (upload_id = NEW.upload_id AND complete = NEW.complete)) BEGIN SELECT RAISE(ABORT, 'append-only: receipts'); END;
CREATE TRIGGER checkpoint_tokens_no_update BEFORE UPDATE ON checkpoint_tokens BEGIN SELECT RAISE(ABORT, 'append-only: checkpoint_tokens'); END;
CREATE TRIGGER checkpoint_tokens_no_delete BEFORE DELETE ON checkpoint_tokens BEGIN SELECT RAISE(ABORT, 'append-only: checkpoint_tokens'); END;
CREATE TRIGGER checkpoint_tokens_no_replace BEFORE INSERT ON checkpoint_tokens WHEN EXISTS (SELECT 1 FROM checkpoint_tokens WHERE (id = NEW.id) OR (origin = NEW.origin AND size = NEW.size AND authority = NEW.authority)) BEGIN SELECT RAISE(ABORT, 'append-only: checkpoint_tokens'); END;
CREATE INDEX ix_revocations_issuer_this_update ON revocations (issuer, this_update);
CREATE INDEX ix_renewals_good_until ON renewals (good_until);
CREATE INDEX ix_tokens_good_until ON tokens (good_until);
CREATE TRIGGER tokens_no_update BEFORE UPDATE ON tokens WHEN (OLD.token IS NOT NULL OR OLD.sha256 IS NOT NULL OR OLD.gen_time IS NOT NULL OR OLD.good_until IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.original_id IS NOT NEW.original_id OR OLD.number IS NOT NEW.number OR OLD.over IS NOT NEW.over) BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END;
CREATE TRIGGER renewals_no_update BEFORE UPDATE ON renewals BEGIN SELECT RAISE(ABORT, 'append-only: renewals'); END;
CREATE TRIGGER renewals_no_delete BEFORE DELETE ON renewals BEGIN SELECT RAISE(ABORT, 'append-only: renewals'); END;
CREATE TRIGGER renewals_no_replace BEFORE INSERT ON renewals WHEN EXISTS (SELECT 1 FROM renewals WHERE (id = NEW.id) OR (original_id = NEW.original_id AND number = NEW.number) OR (sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: renewals'); END;
CREATE TRIGGER revocations_no_update BEFORE UPDATE ON revocations BEGIN SELECT RAISE(ABORT, 'append-only: revocations'); END;
CREATE TRIGGER revocations_no_delete BEFORE DELETE ON revocations BEGIN SELECT RAISE(ABORT, 'append-only: revocations'); END;
CREATE TRIGGER revocations_no_replace BEFORE INSERT ON revocations WHEN EXISTS (SELECT 1 FROM revocations WHERE (sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: revocations'); END;
CREATE INDEX ix_retention_rules_agency_id ON retention_rules (agency_id);
CREATE INDEX ix_disposals_agency_id_state ON disposals (agency_id, state);
CREATE INDEX ix_disposal_items_recording_id ON disposal_items (recording_id);
CREATE INDEX ix_disposal_items_state ON disposal_items (state);
CREATE INDEX ix_holds_case_id ON holds (case_id);
CREATE INDEX ix_holds_recording_id ON holds (recording_id);
CREATE INDEX ix_tombstones_recording_id ON tombstones (recording_id);
CREATE INDEX ix_erased_openings_tombstone_id ON erased_openings (tombstone_id);
CREATE TRIGGER tombstones_no_update BEFORE UPDATE ON tombstones BEGIN SELECT RAISE(ABORT, 'append-only: tombstones'); END;
CREATE TRIGGER tombstones_no_delete BEFORE DELETE ON tombstones BEGIN SELECT RAISE(ABORT, 'append-only: tombstones'); END;
CREATE TRIGGER tombstones_no_replace BEFORE INSERT ON tombstones WHEN EXISTS (SELECT 1 FROM tombstones WHERE (id = NEW.id) OR (entry_id = NEW.entry_id) OR (disposal_id = NEW.disposal_id AND recording_id = NEW.recording_id)) BEGIN SELECT RAISE(ABORT, 'append-only: tombstones'); END;
CREATE TRIGGER erased_openings_no_update BEFORE UPDATE ON erased_openings BEGIN SELECT RAISE(ABORT, 'append-only: erased_openings'); END;
CREATE TRIGGER erased_openings_no_delete BEFORE DELETE ON erased_openings BEGIN SELECT RAISE(ABORT, 'append-only: erased_openings'); END;
CREATE TRIGGER erased_openings_no_replace BEFORE INSERT ON erased_openings WHEN EXISTS (SELECT 1 FROM erased_openings WHERE (entry_id = NEW.entry_id)) BEGIN SELECT RAISE(ABORT, 'append-only: erased_openings'); END;
CREATE TRIGGER ledger_openings_no_delete BEFORE DELETE ON ledger_openings WHEN NOT EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END;
CREATE INDEX ix_inventories_agency_id_received_at ON inventories (agency_id, received_at);
CREATE INDEX ix_inventory_items_upload_id_agency_id ON inventory_items (upload_id, agency_id);
CREATE INDEX ix_recordings_device_id_started_at ON recordings (device_id, started_at);
CREATE INDEX ix_uploads_entry_id ON uploads (entry_id);
CREATE TRIGGER inventories_no_update BEFORE UPDATE ON inventories BEGIN SELECT RAISE(ABORT, 'append-only: inventories'); END;
CREATE TRIGGER inventories_no_delete BEFORE DELETE ON inventories BEGIN SELECT RAISE(ABORT, 'append-only: inventories'); END;
CREATE TRIGGER inventories_no_replace BEFORE INSERT ON inventories WHEN EXISTS (SELECT 1 FROM inventories WHERE (id = NEW.id) OR (station_id = NEW.station_id AND sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: inventories'); END;
CREATE INDEX ix_joins_recording_id ON joins (recording_id);
CREATE UNIQUE INDEX uq_joins_open ON joins (member_id) WHERE ended_at IS NULL;
CREATE INDEX ix_absences_agency_id_stated_at ON absences (agency_id, stated_at);
CREATE INDEX ix_interruptions_agency_id_session ON interruptions (agency_id, session);
CREATE INDEX ix_recordings_agency_id_session ON recordings (agency_id, session);
CREATE INDEX ix_station_codes_station_id ON station_codes (station_id);
CREATE INDEX ix_station_keys_station_id ON station_keys (station_id);
CREATE TRIGGER station_keys_no_update BEFORE UPDATE ON station_keys BEGIN SELECT RAISE(ABORT, 'append-only: station_keys'); END;
CREATE TRIGGER station_keys_no_delete BEFORE DELETE ON station_keys BEGIN SELECT RAISE(ABORT, 'append-only: station_keys'); END;
CREATE TRIGGER station_keys_no_replace BEFORE INSERT ON station_keys WHEN EXISTS (SELECT 1 FROM station_keys WHERE (id = NEW.id) OR (vkey = NEW.vkey)) BEGIN SELECT RAISE(ABORT, 'append-only: station_keys'); END;
CREATE INDEX ix_recordings_recipe_id ON recordings (recipe, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('ledger',1);
COMMIT;
