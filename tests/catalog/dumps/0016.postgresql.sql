SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.tiezheng_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE FUNCTION public.tiezheng_erased_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.absences (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    case_id character varying(26),
    device character varying(128),
    duty text NOT NULL,
    began_at character varying(27) NOT NULL,
    ended_at character varying(27) NOT NULL,
    reason character varying(16) NOT NULL,
    note text NOT NULL,
    stated_by character varying(26) NOT NULL,
    stated_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    decision character varying(16),
    decided_by character varying(26),
    decided_at character varying(27),
    decision_note text,
    decision_entry_id bigint
);
CREATE TABLE public.agencies (
    id character varying(26) NOT NULL,
    code character varying(64) NOT NULL,
    name text NOT NULL,
    superior_id character varying(26),
    supervisor_id character varying(26),
    copies_wanted integer DEFAULT 1 NOT NULL,
    created_at character varying(27) NOT NULL,
    arrival_hours integer DEFAULT 24 NOT NULL
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.approval_routes (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    relation character varying(16) NOT NULL,
    action character varying(16) NOT NULL,
    recipient_kind character varying(16) NOT NULL,
    post_id character varying(26) NOT NULL
);
CREATE TABLE public.approvals (
    id character varying(26) NOT NULL,
    request_id character varying(26) NOT NULL,
    approver_id character varying(26) NOT NULL,
    decision character varying(16) NOT NULL,
    reason text NOT NULL,
    decided_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.cases (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    number character varying(128) NOT NULL,
    title text NOT NULL,
    stage character varying(16) NOT NULL,
    opened_by character varying(26) NOT NULL,
    opened_at character varying(27) NOT NULL,
    importance character varying(16) DEFAULT 'ordinary'::character varying NOT NULL
);
CREATE TABLE public.checkpoint_tokens (
    id character varying(26) NOT NULL,
    origin text NOT NULL,
    size bigint NOT NULL,
    note bytea NOT NULL,
    authority text NOT NULL,
    token bytea NOT NULL,
    sha256 character varying(64) NOT NULL,
    gen_time character varying(27) NOT NULL,
    stored_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.devices (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    code character varying(128) NOT NULL,
    kind character varying(32) NOT NULL,
    first_seen_at character varying(27) NOT NULL
);
CREATE TABLE public.disposal_items (
    disposal_id character varying(26) NOT NULL,
    recording_id character varying(26) NOT NULL,
    state character varying(16) NOT NULL
);
CREATE TABLE public.disposals (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    requester_id character varying(26) NOT NULL,
    legal_basis text NOT NULL,
    reason text NOT NULL,
    state character varying(16) NOT NULL,
    made_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    decider_id character varying(26),
    decision_reason text,
    decided_at character varying(27),
    decision_entry_id bigint
);
CREATE TABLE public.documents (
    id character varying(26) NOT NULL,
    case_id character varying(26) NOT NULL,
    original_id character varying(26) NOT NULL,
    title text NOT NULL,
    kind character varying(32) NOT NULL,
    stage character varying(16) NOT NULL,
    content_type character varying(128) NOT NULL,
    filed_by character varying(26) NOT NULL,
    filed_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.erased_openings (
    entry_id bigint NOT NULL,
    tombstone_id character varying(26) NOT NULL
);
CREATE TABLE public.facts (
    original_id character varying(26) NOT NULL,
    source character varying(16) NOT NULL,
    content bytea NOT NULL,
    made_at character varying(27) NOT NULL
);
CREATE TABLE public.grants (
    id character varying(26) NOT NULL,
    request_id character varying(26) NOT NULL,
    approval_id character varying(26) NOT NULL,
    person_id character varying(26) NOT NULL,
    state character varying(16) NOT NULL,
    reason text,
    expires_at character varying(27) NOT NULL,
    bundle_sha256 character varying(64),
    zip_sha256 character varying(64),
    zip_size bigint,
    sent_through bigint DEFAULT '0'::bigint NOT NULL,
    lease character varying(26),
    lease_until character varying(27),
    entry_id bigint NOT NULL,
    release_entry_id bigint,
    CONSTRAINT ck_grants_state CHECK (((state)::text = ANY ((ARRAY['approved'::character varying, 'ready'::character varying, 'failed'::character varying, 'releasing'::character varying, 'completed'::character varying, 'expired'::character varying])::text[])))
);
CREATE TABLE public.holds (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    recording_id character varying(26),
    case_id character varying(26),
    reason text NOT NULL,
    placed_by character varying(26) NOT NULL,
    placed_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    released_at character varying(27),
    released_entry_id bigint,
    CONSTRAINT ck_holds_subject CHECK (((recording_id IS NULL) <> (case_id IS NULL)))
);
CREATE TABLE public.interruptions (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    session text NOT NULL,
    reason text NOT NULL,
    stopped_at character varying(27) NOT NULL,
    restarted_at character varying(27),
    document_id character varying(26),
    made_by character varying(26) NOT NULL,
    made_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    noted_entry_id bigint
);
CREATE TABLE public.inventories (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    station_id character varying(26) NOT NULL,
    device character varying(128) NOT NULL,
    taken_at character varying(27) NOT NULL,
    clock_offset_ms bigint,
    clock_uncertainty_ms bigint,
    clock_measured_at character varying(27),
    items integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    body bytea NOT NULL,
    signature bytea,
    received_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.inventory_items (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    key character varying(64) NOT NULL,
    device character varying(128) NOT NULL,
    name text NOT NULL,
    base_name text NOT NULL,
    size bigint NOT NULL,
    started_at character varying(27),
    ended_at character varying(27),
    sha256 character varying(64),
    recorded_at character varying(27) NOT NULL,
    first_inventory_id character varying(26) NOT NULL,
    last_inventory_id character varying(26) NOT NULL,
    upload_id character varying(26),
    arrived_at character varying(27),
    arrived_after_s bigint,
    explanation text,
    explained_by character varying(26),
    explained_at character varying(27),
    explained_entry_id bigint
);
CREATE TABLE public.job_failures (
    kind character varying(32) NOT NULL,
    subject character varying(64) NOT NULL,
    failures integer NOT NULL,
    reason text NOT NULL,
    since character varying(27) NOT NULL,
    last_at character varying(27) NOT NULL
);
CREATE TABLE public.joins (
    id character varying(26) NOT NULL,
    recording_id character varying(26) NOT NULL,
    member_id character varying(26) NOT NULL,
    original_id character varying(26) NOT NULL,
    "position" integer NOT NULL,
    offset_ms bigint,
    duration_ms bigint,
    before_end character varying(27),
    after_start character varying(27),
    gap_ms bigint,
    joined_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    ended_at character varying(27),
    ended_entry_id bigint
);
CREATE TABLE public.ledger (
    id bigint NOT NULL,
    at character varying(27) NOT NULL,
    agency_id character varying(26),
    actor_kind character varying(16) NOT NULL,
    actor_id text NOT NULL,
    action character varying(32) NOT NULL,
    subject_kind character varying(16) NOT NULL,
    subject_id text NOT NULL,
    outcome character varying(16) NOT NULL,
    body bytea NOT NULL,
    commitment bytea NOT NULL
);
CREATE SEQUENCE public.ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ledger_id_seq OWNED BY public.ledger.id;
CREATE TABLE public.ledger_leaves (
    entry_id bigint NOT NULL,
    leaf_index bigint NOT NULL
);
CREATE TABLE public.ledger_openings (
    entry_id bigint NOT NULL,
    salt bytea NOT NULL
);
CREATE TABLE public.links (
    id character varying(26) NOT NULL,
    recording_id character varying(26) NOT NULL,
    case_id character varying(26) NOT NULL,
    stage character varying(16) NOT NULL,
    entry_id bigint NOT NULL,
    linked_at character varying(27) NOT NULL,
    ended_at character varying(27),
    ended_entry_id bigint
);
CREATE TABLE public.log_heads (
    origin text NOT NULL,
    note bytea NOT NULL
);
CREATE TABLE public.marks (
    id character varying(26) NOT NULL,
    recording_id character varying(26) NOT NULL,
    at_ms bigint NOT NULL,
    kind character varying(32) NOT NULL,
    note text,
    source character varying(16) NOT NULL,
    person_id character varying(26),
    made_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.older_copies (
    recording_id character varying(26) NOT NULL,
    recipe character varying(32) NOT NULL,
    claimed_at character varying(27),
    claimed_by character varying(64),
    attempts integer DEFAULT 0 NOT NULL,
    reason text
);
CREATE TABLE public.originals (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    sha256 character varying(64) NOT NULL,
    size bigint NOT NULL,
    name text NOT NULL,
    manifest_sha256 character varying(64) NOT NULL,
    manifest bytea NOT NULL,
    vault character varying(64) NOT NULL,
    vault_version text,
    manifest_version text,
    leaf_index bigint NOT NULL,
    sealed_at character varying(27) NOT NULL
);
CREATE TABLE public.outbox (
    entry_id bigint NOT NULL,
    commitment bytea NOT NULL,
    queued_at character varying(27) NOT NULL
);
CREATE TABLE public.parts (
    recording_id character varying(26) NOT NULL,
    "position" integer NOT NULL,
    original_id character varying(26) NOT NULL
);
CREATE TABLE public.people (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    login character varying(64) NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    password_once boolean NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    locked_until character varying(27),
    disabled_at character varying(27),
    created_at character varying(27) NOT NULL
);
CREATE TABLE public.post_holders (
    id character varying(26) NOT NULL,
    post_id character varying(26) NOT NULL,
    person_id character varying(26) NOT NULL,
    since character varying(27) NOT NULL,
    until character varying(27)
);
CREATE TABLE public.posts (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    name text NOT NULL
);
CREATE TABLE public.quality_findings (
    recording_id character varying(26) NOT NULL,
    "position" integer NOT NULL,
    code character varying(16) NOT NULL,
    start_ms bigint NOT NULL,
    end_ms bigint NOT NULL
);
CREATE TABLE public.quarantine (
    upload_id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    declared_sha256 character varying(64) NOT NULL,
    sha256 character varying(64) NOT NULL,
    size bigint NOT NULL,
    name text NOT NULL,
    entered_at character varying(27) NOT NULL,
    decision character varying(16),
    decided_by character varying(26),
    decided_at character varying(27),
    decision_reason text,
    decision_entry_id bigint
);
CREATE TABLE public.receipts (
    upload_id character varying(26) NOT NULL,
    complete boolean NOT NULL,
    body bytea NOT NULL,
    stored_at character varying(27) NOT NULL
);
CREATE TABLE public.recordings (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    kind character varying(32) NOT NULL,
    medium character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    claimed_at character varying(27),
    name text NOT NULL,
    device_id character varying(26),
    operator text,
    session text,
    channel text,
    declared_case text,
    started_at character varying(27),
    ended_at character varying(27),
    clock_offset_ms bigint,
    duration_ms bigint,
    recipe character varying(32),
    catalogued_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    claimed_by character varying(64),
    wanted_at character varying(27),
    postponed_at character varying(27),
    CONSTRAINT ck_recordings_medium CHECK (((medium)::text = ANY ((ARRAY['unknown'::character varying, 'video'::character varying, 'audio'::character varying, 'picture'::character varying, 'text'::character varying])::text[]))),
    CONSTRAINT ck_recordings_state CHECK (((state)::text = ANY ((ARRAY['catalogued'::character varying, 'preparing'::character varying, 'ready'::character varying, 'unplayable'::character varying])::text[])))
);
CREATE TABLE public.rendition_keys (
    id character varying(64) NOT NULL,
    vkey text NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.renditions (
    recording_id character varying(26) NOT NULL,
    recipe character varying(32) NOT NULL,
    name character varying(64) NOT NULL,
    sha256 character varying(64) NOT NULL,
    size bigint NOT NULL,
    content_type character varying(128) NOT NULL,
    provenance bytea NOT NULL,
    made_at character varying(27) NOT NULL,
    signed_by character varying(64),
    signature bytea,
    place character varying(64)
);
CREATE TABLE public.renewals (
    id character varying(26) NOT NULL,
    original_id character varying(26) NOT NULL,
    number integer NOT NULL,
    statement bytea NOT NULL,
    tokens integer NOT NULL,
    authority text NOT NULL,
    token bytea NOT NULL,
    sha256 character varying(64) NOT NULL,
    gen_time character varying(27) NOT NULL,
    good_until character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.repeated_manifests (
    upload_id character varying(26) NOT NULL,
    original_id character varying(26) NOT NULL,
    manifest_sha256 character varying(64) NOT NULL,
    manifest bytea NOT NULL,
    manifest_version text,
    leaf_index bigint NOT NULL
);
CREATE TABLE public.request_items (
    request_id character varying(26) NOT NULL,
    recording_id character varying(26) NOT NULL
);
CREATE TABLE public.requests (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    case_id character varying(26) NOT NULL,
    requester_id character varying(26) NOT NULL,
    action character varying(16) NOT NULL,
    recipient text NOT NULL,
    recipient_kind character varying(16) NOT NULL,
    legal_basis text NOT NULL,
    purpose text NOT NULL,
    post_id character varying(26),
    state character varying(16) NOT NULL,
    made_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.retention_rules (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    kind character varying(32) NOT NULL,
    stage character varying(16) NOT NULL,
    importance character varying(16) NOT NULL,
    months integer,
    legal_basis text NOT NULL,
    made_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    ended_at character varying(27),
    ended_entry_id bigint
);
CREATE TABLE public.revocations (
    sha256 character varying(64) NOT NULL,
    authority text NOT NULL,
    kind character varying(8) NOT NULL,
    issuer character varying(64) NOT NULL,
    serial text,
    content bytea NOT NULL,
    this_update character varying(27) NOT NULL,
    next_update character varying(27),
    kept_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.roles (
    id character varying(26) NOT NULL,
    person_id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    role character varying(16) NOT NULL,
    entry_id bigint NOT NULL,
    ended_at character varying(27),
    ended_entry_id bigint
);
CREATE TABLE public.scrub_defects (
    vault character varying(64) NOT NULL,
    sha256 character varying(64) NOT NULL,
    code character varying(64) NOT NULL,
    detail text NOT NULL,
    found_at character varying(27) NOT NULL
);
CREATE TABLE public.scrubs (
    id character varying(26) NOT NULL,
    began_at character varying(27) NOT NULL,
    ended_at character varying(27),
    "position" character varying(26),
    turns_left integer NOT NULL,
    samples_left integer NOT NULL,
    checked bigint NOT NULL,
    bad bigint NOT NULL,
    bytes bigint NOT NULL,
    entry_id bigint
);
CREATE TABLE public.sessions (
    id character varying(64) NOT NULL,
    person_id character varying(26) NOT NULL,
    csrf character varying(64) NOT NULL,
    created_at character varying(27) NOT NULL,
    expires_at character varying(27) NOT NULL,
    ended_at character varying(27)
);
CREATE TABLE public.station_codes (
    id character varying(64) NOT NULL,
    station_id character varying(26) NOT NULL,
    expires_at character varying(27) NOT NULL,
    public_key character varying(64)
);
CREATE TABLE public.station_keys (
    id character varying(26) NOT NULL,
    station_id character varying(26) NOT NULL,
    vkey text NOT NULL,
    since character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.stations (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    name text NOT NULL,
    token_hash character varying(64) NOT NULL,
    enrolled_at character varying(27) NOT NULL,
    revoked_at character varying(27),
    next_token_hash character varying(64),
    former_token_hash character varying(64),
    former_token_until character varying(27)
);
CREATE TABLE public.subjects (
    id character varying(26) NOT NULL,
    case_id character varying(26) NOT NULL,
    name text NOT NULL,
    kind character varying(16) NOT NULL
);
CREATE TABLE public.tokens (
    id character varying(26) NOT NULL,
    original_id character varying(26) NOT NULL,
    over character varying(16) NOT NULL,
    authority text NOT NULL,
    token bytea,
    sha256 character varying(64),
    gen_time character varying(27),
    asked_at character varying(27) NOT NULL,
    number integer DEFAULT 1 NOT NULL,
    good_until character varying(27)
);
CREATE TABLE public.tombstones (
    id character varying(26) NOT NULL,
    recording_id character varying(26) NOT NULL,
    disposal_id character varying(26) NOT NULL,
    entry_id bigint NOT NULL,
    made_at character varying(27) NOT NULL
);
CREATE TABLE public.uploads (
    id character varying(26) NOT NULL,
    agency_id character varying(26) NOT NULL,
    station_id character varying(26),
    person_id character varying(26),
    state character varying(16) NOT NULL,
    sha256 character varying(64),
    size bigint NOT NULL,
    statement bytea NOT NULL,
    original_id character varying(26),
    received_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.vault_copies (
    sha256 character varying(64) NOT NULL,
    vault character varying(64) NOT NULL,
    size bigint NOT NULL,
    version text,
    checked character varying(16) NOT NULL,
    checked_at character varying(27) NOT NULL
);
CREATE TABLE public.vault_locks (
    original_id character varying(26) NOT NULL,
    vault character varying(64) NOT NULL,
    until character varying(27) NOT NULL,
    held boolean NOT NULL,
    renewed_at character varying(27) NOT NULL
);
CREATE TABLE public.views (
    id character varying(26) NOT NULL,
    recording_id character varying(26),
    document_id character varying(26),
    person_id character varying(26) NOT NULL,
    session_id character varying(64) NOT NULL,
    purpose text NOT NULL,
    opened_at character varying(27) NOT NULL,
    expires_at character varying(27) NOT NULL,
    entry_id bigint NOT NULL,
    CONSTRAINT ck_views_subject CHECK (((recording_id IS NULL) <> (document_id IS NULL)))
);
CREATE TABLE public.workers (
    id character varying(64) NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at character varying(27) NOT NULL,
    beats bigint NOT NULL,
    beat_at character varying(27) NOT NULL,
    lost_at character varying(27)
);
ALTER TABLE ONLY public.ledger ALTER COLUMN id SET DEFAULT nextval('public.ledger_id_seq'::regclass);
INSERT INTO public.absences VALUES ('00000000000000000000000000', '0sample0000000000000agency', NULL, NULL, '巡查', '2026-03-01T08:00:00.000000Z', '2026-03-01T08:00:00.000000Z', 'fault', '-', '0sample0000000000000person', '2026-03-01T08:00:00.000000Z', 1, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.agencies VALUES ('0sample0000000000000agency', 'sample', '某市城管局', NULL, NULL, 1, '2026-03-01T08:00:00.000000Z', 24);
INSERT INTO public.alembic_version VALUES ('0016');
INSERT INTO public.approvals VALUES ('00000000000000000000000000', '00000000000000000000000000', '0sample0000000000000person', 'approved', '-', '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.cases VALUES ('0sample000000000000000case', '0sample0000000000000agency', '〔2026〕1号', '占道经营', 'start', '0sample0000000000000person', '2026-03-01T08:00:00.000000Z', 'ordinary');
INSERT INTO public.checkpoint_tokens VALUES ('00000000000000000000000000', 'log.example/1', 1, '\x6e6f7465', 'embedded', '\x746f6b656e', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', '2026-03-01T08:00:00.000000Z', '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.disposals VALUES ('00000000000000000000000000', '0sample0000000000000agency', '0sample0000000000000person', '-', '-', 'approved', '2026-03-01T08:00:00.000000Z', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.erased_openings VALUES (1, '00000000000000000000000000');
INSERT INTO public.facts VALUES ('0sample000000000000r1g1na1', 'gpmf', '\x7b7d', '2026-03-01T08:00:00.000000Z');
INSERT INTO public.interruptions VALUES ('00000000000000000000000000', '0sample0000000000000agency', '询问-1', '-', '2026-03-01T08:00:00.000000Z', NULL, NULL, '0sample0000000000000person', '2026-03-01T08:00:00.000000Z', 1, NULL);
INSERT INTO public.inventories VALUES ('00000000000000000000000000', '0sample0000000000000agency', '0sample000000000000stat10n', 'DSJ-7', '2026-03-01T08:00:00.000000Z', NULL, NULL, NULL, 1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '\x7b7d', NULL, '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.inventory_items VALUES ('00000000000000000000000000', '0sample0000000000000agency', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'DSJ-7', 'DCIM/现场.mp4', '现场.mp4', 4, NULL, NULL, NULL, '2026-03-01T08:00:00.000000Z', '00000000000000000000000000', '00000000000000000000000000', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.joins VALUES ('00000000000000000000000000', '0sample0000000000rec0rd1ng', '0sample0000000000rec0rd1ng', '0sample000000000000r1g1na1', 1, NULL, NULL, NULL, NULL, 1500, '2026-03-01T08:00:00.000000Z', 1, NULL, NULL);
INSERT INTO public.ledger VALUES (1, '2026-03-01T08:00:00.000000Z', '0sample0000000000000agency', 'station', '0sample000000000000stat10n', 'catalogue', 'recording', '0sample0000000000rec0rd1ng', 'done', '\x7b7d', '\x0101010101010101010101010101010101010101010101010101010101010101');
INSERT INTO public.ledger_leaves VALUES (1, 1);
INSERT INTO public.ledger_openings VALUES (1, '\x0202020202020202020202020202020202020202020202020202020202020202');
INSERT INTO public.log_heads VALUES ('log.example/1', '\x6e6f7465');
INSERT INTO public.older_copies VALUES ('0sample0000000000rec0rd1ng', 'r2', NULL, NULL, 0, NULL);
INSERT INTO public.originals VALUES ('0sample000000000000r1g1na1', '0sample0000000000000agency', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 4, '现场.mp4', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '\x7b7d', 'files', NULL, NULL, 0, '2026-03-01T08:00:00.000000Z');
INSERT INTO public.parts VALUES ('0sample0000000000rec0rd1ng', 0, '0sample000000000000r1g1na1');
INSERT INTO public.people VALUES ('0sample0000000000000person', '0sample0000000000000agency', 'zhang', '张三', '-', true, 0, NULL, NULL, '2026-03-01T08:00:00.000000Z');
INSERT INTO public.receipts VALUES ('0sample0000000000000up10ad', false, '\x7b7d', '2026-03-01T08:00:00.000000Z');
INSERT INTO public.recordings VALUES ('0sample0000000000rec0rd1ng', '0sample0000000000000agency', 'body-camera', 'unknown', 'catalogued', NULL, 0, NULL, '现场.mp4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-03-01T08:00:00.000000Z', 1, NULL, NULL, NULL);
INSERT INTO public.renewals VALUES ('00000000000000000000000000', '0sample000000000000r1g1na1', 1, '\x7b7d', 1, 'embedded', '\x746f6b656e', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', '2026-03-01T08:00:00.000000Z', '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.repeated_manifests VALUES ('0sample0000000000000up10ad', '0sample000000000000r1g1na1', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', '\x7b7d', NULL, 2);
INSERT INTO public.requests VALUES ('00000000000000000000000000', '0sample0000000000000agency', '0sample000000000000000case', '0sample0000000000000person', 'copy', '法院', 'court', '-', '-', NULL, 'approved', '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.revocations VALUES ('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'embedded', 'crl', 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', NULL, '\x6c697374', '2026-03-01T08:00:00.000000Z', NULL, '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.station_codes VALUES ('ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', '0sample000000000000stat10n', '2026-03-01T08:00:00.000000Z', NULL);
INSERT INTO public.station_keys VALUES ('00000000000000000000000000', '0sample000000000000stat10n', '0sample000000000000stat10n+00000000+AQ==', '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.stations VALUES ('0sample000000000000stat10n', '0sample0000000000000agency', '采集站 1', '0000000000000000000000000000000000000000000000000000000000000000', '2026-03-01T08:00:00.000000Z', NULL, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES ('00000000000000000000000000', '0sample000000000000r1g1na1', 'original', 'embedded', NULL, NULL, NULL, '2026-03-01T08:00:00.000000Z', 1, NULL);
INSERT INTO public.tombstones VALUES ('00000000000000000000000000', '0sample0000000000rec0rd1ng', '00000000000000000000000000', 1, '2026-03-01T08:00:00.000000Z');
INSERT INTO public.uploads VALUES ('0sample0000000000000up10ad', '0sample0000000000000agency', '0sample000000000000stat10n', NULL, 'catalogued', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 4, '\x7b7d', '0sample000000000000r1g1na1', '2026-03-01T08:00:00.000000Z', 1);
INSERT INTO public.vault_copies VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'replica', 4, NULL, 'readback', '2026-03-01T08:00:00.000000Z');
INSERT INTO public.vault_locks VALUES ('0sample000000000000r1g1na1', 'files', '2026-03-01T08:00:00.000000Z', false, '2026-03-01T08:00:00.000000Z');
SELECT pg_catalog.setval('public.ledger_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT pk_absences PRIMARY KEY (id);
ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT pk_agencies PRIMARY KEY (id);
ALTER TABLE ONLY public.approval_routes
    ADD CONSTRAINT pk_approval_routes PRIMARY KEY (id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT pk_approvals PRIMARY KEY (id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT pk_cases PRIMARY KEY (id);
ALTER TABLE ONLY public.checkpoint_tokens
    ADD CONSTRAINT pk_checkpoint_tokens PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT pk_devices PRIMARY KEY (id);
ALTER TABLE ONLY public.disposal_items
    ADD CONSTRAINT pk_disposal_items PRIMARY KEY (disposal_id, recording_id);
ALTER TABLE ONLY public.disposals
    ADD CONSTRAINT pk_disposals PRIMARY KEY (id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT pk_documents PRIMARY KEY (id);
ALTER TABLE ONLY public.erased_openings
    ADD CONSTRAINT pk_erased_openings PRIMARY KEY (entry_id);
ALTER TABLE ONLY public.facts
    ADD CONSTRAINT pk_facts PRIMARY KEY (original_id, source);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT pk_grants PRIMARY KEY (id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT pk_holds PRIMARY KEY (id);
ALTER TABLE ONLY public.interruptions
    ADD CONSTRAINT pk_interruptions PRIMARY KEY (id);
ALTER TABLE ONLY public.inventories
    ADD CONSTRAINT pk_inventories PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT pk_inventory_items PRIMARY KEY (id);
ALTER TABLE ONLY public.job_failures
    ADD CONSTRAINT pk_job_failures PRIMARY KEY (kind, subject);
ALTER TABLE ONLY public.joins
    ADD CONSTRAINT pk_joins PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT pk_ledger PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger_leaves
    ADD CONSTRAINT pk_ledger_leaves PRIMARY KEY (entry_id);
ALTER TABLE ONLY public.ledger_openings
    ADD CONSTRAINT pk_ledger_openings PRIMARY KEY (entry_id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT pk_links PRIMARY KEY (id);
ALTER TABLE ONLY public.log_heads
    ADD CONSTRAINT pk_log_heads PRIMARY KEY (origin);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT pk_marks PRIMARY KEY (id);
ALTER TABLE ONLY public.older_copies
    ADD CONSTRAINT pk_older_copies PRIMARY KEY (recording_id);
ALTER TABLE ONLY public.originals
    ADD CONSTRAINT pk_originals PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT pk_outbox PRIMARY KEY (entry_id);
ALTER TABLE ONLY public.parts
    ADD CONSTRAINT pk_parts PRIMARY KEY (recording_id, "position");
ALTER TABLE ONLY public.people
    ADD CONSTRAINT pk_people PRIMARY KEY (id);
ALTER TABLE ONLY public.post_holders
    ADD CONSTRAINT pk_post_holders PRIMARY KEY (id);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT pk_posts PRIMARY KEY (id);
ALTER TABLE ONLY public.quality_findings
    ADD CONSTRAINT pk_quality_findings PRIMARY KEY (recording_id, "position");
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT pk_quarantine PRIMARY KEY (upload_id);
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT pk_receipts PRIMARY KEY (upload_id, complete);
ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT pk_recordings PRIMARY KEY (id);
ALTER TABLE ONLY public.rendition_keys
    ADD CONSTRAINT pk_rendition_keys PRIMARY KEY (id);
ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT pk_renditions PRIMARY KEY (recording_id, recipe, name);
ALTER TABLE ONLY public.renewals
    ADD CONSTRAINT pk_renewals PRIMARY KEY (id);
ALTER TABLE ONLY public.repeated_manifests
    ADD CONSTRAINT pk_repeated_manifests PRIMARY KEY (upload_id);
ALTER TABLE ONLY public.request_items
    ADD CONSTRAINT pk_request_items PRIMARY KEY (request_id, recording_id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT pk_requests PRIMARY KEY (id);
ALTER TABLE ONLY public.retention_rules
    ADD CONSTRAINT pk_retention_rules PRIMARY KEY (id);
ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT pk_revocations PRIMARY KEY (sha256);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT pk_roles PRIMARY KEY (id);
ALTER TABLE ONLY public.scrub_defects
    ADD CONSTRAINT pk_scrub_defects PRIMARY KEY (vault, sha256);
ALTER TABLE ONLY public.scrubs
    ADD CONSTRAINT pk_scrubs PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (id);
ALTER TABLE ONLY public.station_codes
    ADD CONSTRAINT pk_station_codes PRIMARY KEY (id);
ALTER TABLE ONLY public.station_keys
    ADD CONSTRAINT pk_station_keys PRIMARY KEY (id);
ALTER TABLE ONLY public.stations
    ADD CONSTRAINT pk_stations PRIMARY KEY (id);
ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT pk_subjects PRIMARY KEY (id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT pk_tokens PRIMARY KEY (id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT pk_tombstones PRIMARY KEY (id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT pk_uploads PRIMARY KEY (id);
ALTER TABLE ONLY public.vault_copies
    ADD CONSTRAINT pk_vault_copies PRIMARY KEY (sha256, vault);
ALTER TABLE ONLY public.vault_locks
    ADD CONSTRAINT pk_vault_locks PRIMARY KEY (original_id, vault);
ALTER TABLE ONLY public.views
    ADD CONSTRAINT pk_views PRIMARY KEY (id);
ALTER TABLE ONLY public.workers
    ADD CONSTRAINT pk_workers PRIMARY KEY (id);
ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT uq_agencies_code UNIQUE (code);
ALTER TABLE ONLY public.approval_routes
    ADD CONSTRAINT uq_approval_routes_agency_id_relation_action_recipient_kind UNIQUE (agency_id, relation, action, recipient_kind);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT uq_approvals_request_id UNIQUE (request_id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT uq_cases_agency_id_number UNIQUE (agency_id, number);
ALTER TABLE ONLY public.checkpoint_tokens
    ADD CONSTRAINT uq_checkpoint_tokens_origin_size_authority UNIQUE (origin, size, authority);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT uq_devices_agency_id_code UNIQUE (agency_id, code);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT uq_documents_case_id_original_id UNIQUE (case_id, original_id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT uq_grants_request_id UNIQUE (request_id);
ALTER TABLE ONLY public.inventories
    ADD CONSTRAINT uq_inventories_station_id_sha256 UNIQUE (station_id, sha256);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT uq_inventory_items_agency_id_key UNIQUE (agency_id, key);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT uq_ledger_commitment UNIQUE (commitment);
ALTER TABLE ONLY public.ledger_leaves
    ADD CONSTRAINT uq_ledger_leaves_leaf_index UNIQUE (leaf_index);
ALTER TABLE ONLY public.originals
    ADD CONSTRAINT uq_originals_agency_id_sha256 UNIQUE (agency_id, sha256);
ALTER TABLE ONLY public.originals
    ADD CONSTRAINT uq_originals_leaf_index UNIQUE (leaf_index);
ALTER TABLE ONLY public.originals
    ADD CONSTRAINT uq_originals_manifest_sha256 UNIQUE (manifest_sha256);
ALTER TABLE ONLY public.parts
    ADD CONSTRAINT uq_parts_original_id UNIQUE (original_id);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT uq_people_login UNIQUE (login);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT uq_posts_agency_id_name UNIQUE (agency_id, name);
ALTER TABLE ONLY public.renewals
    ADD CONSTRAINT uq_renewals_original_id_number UNIQUE (original_id, number);
ALTER TABLE ONLY public.renewals
    ADD CONSTRAINT uq_renewals_sha256 UNIQUE (sha256);
ALTER TABLE ONLY public.repeated_manifests
    ADD CONSTRAINT uq_repeated_manifests_leaf_index UNIQUE (leaf_index);
ALTER TABLE ONLY public.repeated_manifests
    ADD CONSTRAINT uq_repeated_manifests_manifest_sha256 UNIQUE (manifest_sha256);
ALTER TABLE ONLY public.station_keys
    ADD CONSTRAINT uq_station_keys_vkey UNIQUE (vkey);
ALTER TABLE ONLY public.stations
    ADD CONSTRAINT uq_stations_agency_id_name UNIQUE (agency_id, name);
ALTER TABLE ONLY public.stations
    ADD CONSTRAINT uq_stations_token_hash UNIQUE (token_hash);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT uq_tombstones_disposal_id_recording_id UNIQUE (disposal_id, recording_id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT uq_tombstones_entry_id UNIQUE (entry_id);
CREATE INDEX ix_absences_agency_id_stated_at ON public.absences USING btree (agency_id, stated_at);
CREATE INDEX ix_disposal_items_recording_id ON public.disposal_items USING btree (recording_id);
CREATE INDEX ix_disposal_items_state ON public.disposal_items USING btree (state);
CREATE INDEX ix_disposals_agency_id_state ON public.disposals USING btree (agency_id, state);
CREATE INDEX ix_erased_openings_tombstone_id ON public.erased_openings USING btree (tombstone_id);
CREATE INDEX ix_holds_case_id ON public.holds USING btree (case_id);
CREATE INDEX ix_holds_recording_id ON public.holds USING btree (recording_id);
CREATE INDEX ix_interruptions_agency_id_session ON public.interruptions USING btree (agency_id, session);
CREATE INDEX ix_inventories_agency_id_received_at ON public.inventories USING btree (agency_id, received_at);
CREATE INDEX ix_inventory_items_upload_id_agency_id ON public.inventory_items USING btree (upload_id, agency_id);
CREATE INDEX ix_joins_recording_id ON public.joins USING btree (recording_id);
CREATE INDEX ix_ledger_actor_id_id ON public.ledger USING btree (actor_id, id);
CREATE INDEX ix_ledger_agency_id_id ON public.ledger USING btree (agency_id, id);
CREATE INDEX ix_ledger_subject_kind_subject_id_id ON public.ledger USING btree (subject_kind, subject_id, id);
CREATE INDEX ix_links_case_id ON public.links USING btree (case_id);
CREATE INDEX ix_marks_recording_id ON public.marks USING btree (recording_id);
CREATE INDEX ix_originals_sha256 ON public.originals USING btree (sha256);
CREATE INDEX ix_post_holders_person_id ON public.post_holders USING btree (person_id);
CREATE INDEX ix_post_holders_post_id ON public.post_holders USING btree (post_id);
CREATE INDEX ix_recordings_agency_id_catalogued_at ON public.recordings USING btree (agency_id, catalogued_at);
CREATE INDEX ix_recordings_agency_id_session ON public.recordings USING btree (agency_id, session);
CREATE INDEX ix_recordings_device_id_started_at ON public.recordings USING btree (device_id, started_at);
CREATE INDEX ix_recordings_recipe_id ON public.recordings USING btree (recipe, id);
CREATE INDEX ix_recordings_state ON public.recordings USING btree (state);
CREATE INDEX ix_renewals_good_until ON public.renewals USING btree (good_until);
CREATE INDEX ix_repeated_manifests_original_id ON public.repeated_manifests USING btree (original_id);
CREATE INDEX ix_requests_agency_id_state ON public.requests USING btree (agency_id, state);
CREATE INDEX ix_retention_rules_agency_id ON public.retention_rules USING btree (agency_id);
CREATE INDEX ix_revocations_issuer_this_update ON public.revocations USING btree (issuer, this_update);
CREATE INDEX ix_roles_person_id ON public.roles USING btree (person_id);
CREATE INDEX ix_sessions_person_id ON public.sessions USING btree (person_id);
CREATE INDEX ix_station_codes_station_id ON public.station_codes USING btree (station_id);
CREATE INDEX ix_station_keys_station_id ON public.station_keys USING btree (station_id);
CREATE INDEX ix_subjects_case_id ON public.subjects USING btree (case_id);
CREATE INDEX ix_tokens_good_until ON public.tokens USING btree (good_until);
CREATE INDEX ix_tokens_original_id ON public.tokens USING btree (original_id);
CREATE INDEX ix_tombstones_recording_id ON public.tombstones USING btree (recording_id);
CREATE INDEX ix_uploads_entry_id ON public.uploads USING btree (entry_id);
CREATE INDEX ix_uploads_original_id ON public.uploads USING btree (original_id);
CREATE INDEX ix_uploads_station_id ON public.uploads USING btree (station_id);
CREATE INDEX ix_views_recording_id ON public.views USING btree (recording_id);
CREATE UNIQUE INDEX uq_joins_open ON public.joins USING btree (member_id) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX uq_links_open ON public.links USING btree (recording_id, case_id) WHERE (ended_at IS NULL);
CREATE TRIGGER approvals_no_delete BEFORE DELETE ON public.approvals FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.approvals ENABLE ALWAYS TRIGGER approvals_no_delete;
CREATE TRIGGER approvals_no_truncate BEFORE TRUNCATE ON public.approvals FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.approvals ENABLE ALWAYS TRIGGER approvals_no_truncate;
CREATE TRIGGER approvals_no_update BEFORE UPDATE ON public.approvals FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.approvals ENABLE ALWAYS TRIGGER approvals_no_update;
CREATE TRIGGER checkpoint_tokens_no_delete BEFORE DELETE ON public.checkpoint_tokens FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.checkpoint_tokens ENABLE ALWAYS TRIGGER checkpoint_tokens_no_delete;
CREATE TRIGGER checkpoint_tokens_no_truncate BEFORE TRUNCATE ON public.checkpoint_tokens FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.checkpoint_tokens ENABLE ALWAYS TRIGGER checkpoint_tokens_no_truncate;
CREATE TRIGGER checkpoint_tokens_no_update BEFORE UPDATE ON public.checkpoint_tokens FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.checkpoint_tokens ENABLE ALWAYS TRIGGER checkpoint_tokens_no_update;
CREATE TRIGGER erased_openings_no_delete BEFORE DELETE ON public.erased_openings FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.erased_openings ENABLE ALWAYS TRIGGER erased_openings_no_delete;
CREATE TRIGGER erased_openings_no_truncate BEFORE TRUNCATE ON public.erased_openings FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.erased_openings ENABLE ALWAYS TRIGGER erased_openings_no_truncate;
CREATE TRIGGER erased_openings_no_update BEFORE UPDATE ON public.erased_openings FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.erased_openings ENABLE ALWAYS TRIGGER erased_openings_no_update;
CREATE TRIGGER inventories_no_delete BEFORE DELETE ON public.inventories FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.inventories ENABLE ALWAYS TRIGGER inventories_no_delete;
CREATE TRIGGER inventories_no_truncate BEFORE TRUNCATE ON public.inventories FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.inventories ENABLE ALWAYS TRIGGER inventories_no_truncate;
CREATE TRIGGER inventories_no_update BEFORE UPDATE ON public.inventories FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.inventories ENABLE ALWAYS TRIGGER inventories_no_update;
CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON public.ledger_leaves FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger_leaves ENABLE ALWAYS TRIGGER ledger_leaves_no_delete;
CREATE TRIGGER ledger_leaves_no_truncate BEFORE TRUNCATE ON public.ledger_leaves FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger_leaves ENABLE ALWAYS TRIGGER ledger_leaves_no_truncate;
CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON public.ledger_leaves FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger_leaves ENABLE ALWAYS TRIGGER ledger_leaves_no_update;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON public.ledger FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger ENABLE ALWAYS TRIGGER ledger_no_delete;
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON public.ledger FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger ENABLE ALWAYS TRIGGER ledger_no_truncate;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON public.ledger FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger ENABLE ALWAYS TRIGGER ledger_no_update;
CREATE TRIGGER ledger_openings_no_delete BEFORE DELETE ON public.ledger_openings FOR EACH ROW EXECUTE FUNCTION public.tiezheng_erased_only();
ALTER TABLE public.ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_delete;
CREATE TRIGGER ledger_openings_no_truncate BEFORE TRUNCATE ON public.ledger_openings FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_truncate;
CREATE TRIGGER ledger_openings_no_update BEFORE UPDATE ON public.ledger_openings FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_update;
CREATE TRIGGER originals_no_delete BEFORE DELETE ON public.originals FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.originals ENABLE ALWAYS TRIGGER originals_no_delete;
CREATE TRIGGER originals_no_truncate BEFORE TRUNCATE ON public.originals FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.originals ENABLE ALWAYS TRIGGER originals_no_truncate;
CREATE TRIGGER originals_no_update BEFORE UPDATE ON public.originals FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.originals ENABLE ALWAYS TRIGGER originals_no_update;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON public.receipts FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.receipts ENABLE ALWAYS TRIGGER receipts_no_delete;
CREATE TRIGGER receipts_no_truncate BEFORE TRUNCATE ON public.receipts FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.receipts ENABLE ALWAYS TRIGGER receipts_no_truncate;
CREATE TRIGGER receipts_no_update BEFORE UPDATE ON public.receipts FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.receipts ENABLE ALWAYS TRIGGER receipts_no_update;
CREATE TRIGGER renewals_no_delete BEFORE DELETE ON public.renewals FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.renewals ENABLE ALWAYS TRIGGER renewals_no_delete;
CREATE TRIGGER renewals_no_truncate BEFORE TRUNCATE ON public.renewals FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.renewals ENABLE ALWAYS TRIGGER renewals_no_truncate;
CREATE TRIGGER renewals_no_update BEFORE UPDATE ON public.renewals FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.renewals ENABLE ALWAYS TRIGGER renewals_no_update;
CREATE TRIGGER repeated_manifests_no_delete BEFORE DELETE ON public.repeated_manifests FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.repeated_manifests ENABLE ALWAYS TRIGGER repeated_manifests_no_delete;
CREATE TRIGGER repeated_manifests_no_truncate BEFORE TRUNCATE ON public.repeated_manifests FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.repeated_manifests ENABLE ALWAYS TRIGGER repeated_manifests_no_truncate;
CREATE TRIGGER repeated_manifests_no_update BEFORE UPDATE ON public.repeated_manifests FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.repeated_manifests ENABLE ALWAYS TRIGGER repeated_manifests_no_update;
CREATE TRIGGER revocations_no_delete BEFORE DELETE ON public.revocations FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.revocations ENABLE ALWAYS TRIGGER revocations_no_delete;
CREATE TRIGGER revocations_no_truncate BEFORE TRUNCATE ON public.revocations FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.revocations ENABLE ALWAYS TRIGGER revocations_no_truncate;
CREATE TRIGGER revocations_no_update BEFORE UPDATE ON public.revocations FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.revocations ENABLE ALWAYS TRIGGER revocations_no_update;
CREATE TRIGGER station_keys_no_delete BEFORE DELETE ON public.station_keys FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.station_keys ENABLE ALWAYS TRIGGER station_keys_no_delete;
CREATE TRIGGER station_keys_no_truncate BEFORE TRUNCATE ON public.station_keys FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.station_keys ENABLE ALWAYS TRIGGER station_keys_no_truncate;
CREATE TRIGGER station_keys_no_update BEFORE UPDATE ON public.station_keys FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.station_keys ENABLE ALWAYS TRIGGER station_keys_no_update;
CREATE TRIGGER tokens_no_delete BEFORE DELETE ON public.tokens FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.tokens ENABLE ALWAYS TRIGGER tokens_no_delete;
CREATE TRIGGER tokens_no_truncate BEFORE TRUNCATE ON public.tokens FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.tokens ENABLE ALWAYS TRIGGER tokens_no_truncate;
CREATE TRIGGER tokens_no_update BEFORE UPDATE ON public.tokens FOR EACH ROW WHEN (((old.token IS NOT NULL) OR (old.sha256 IS NOT NULL) OR (old.gen_time IS NOT NULL) OR (old.good_until IS NOT NULL) OR ((old.id)::text IS DISTINCT FROM (new.id)::text) OR ((old.original_id)::text IS DISTINCT FROM (new.original_id)::text) OR (old.number IS DISTINCT FROM new.number) OR ((old.over)::text IS DISTINCT FROM (new.over)::text))) EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.tokens ENABLE ALWAYS TRIGGER tokens_no_update;
CREATE TRIGGER tombstones_no_delete BEFORE DELETE ON public.tombstones FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.tombstones ENABLE ALWAYS TRIGGER tombstones_no_delete;
CREATE TRIGGER tombstones_no_truncate BEFORE TRUNCATE ON public.tombstones FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.tombstones ENABLE ALWAYS TRIGGER tombstones_no_truncate;
CREATE TRIGGER tombstones_no_update BEFORE UPDATE ON public.tombstones FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.tombstones ENABLE ALWAYS TRIGGER tombstones_no_update;
CREATE TRIGGER uploads_no_delete BEFORE DELETE ON public.uploads FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.uploads ENABLE ALWAYS TRIGGER uploads_no_delete;
CREATE TRIGGER uploads_no_truncate BEFORE TRUNCATE ON public.uploads FOR EACH STATEMENT EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.uploads ENABLE ALWAYS TRIGGER uploads_no_truncate;
CREATE TRIGGER uploads_no_update BEFORE UPDATE ON public.uploads FOR EACH ROW EXECUTE FUNCTION public.tiezheng_append_only();
ALTER TABLE public.uploads ENABLE ALWAYS TRIGGER uploads_no_update;
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_case_id FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_decided_by FOREIGN KEY (decided_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_decision_entry_id FOREIGN KEY (decision_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_stated_by FOREIGN KEY (stated_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT fk_agencies_superior_id FOREIGN KEY (superior_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT fk_agencies_supervisor_id FOREIGN KEY (supervisor_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.approval_routes
    ADD CONSTRAINT fk_approval_routes_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.approval_routes
    ADD CONSTRAINT fk_approval_routes_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT fk_approvals_approver_id FOREIGN KEY (approver_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT fk_approvals_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT fk_approvals_request_id FOREIGN KEY (request_id) REFERENCES public.requests(id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT fk_cases_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT fk_cases_opened_by FOREIGN KEY (opened_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.checkpoint_tokens
    ADD CONSTRAINT fk_checkpoint_tokens_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT fk_devices_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.disposal_items
    ADD CONSTRAINT fk_disposal_items_disposal_id FOREIGN KEY (disposal_id) REFERENCES public.disposals(id);
ALTER TABLE ONLY public.disposal_items
    ADD CONSTRAINT fk_disposal_items_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.disposals
    ADD CONSTRAINT fk_disposals_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.disposals
    ADD CONSTRAINT fk_disposals_decider_id FOREIGN KEY (decider_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.disposals
    ADD CONSTRAINT fk_disposals_decision_entry_id FOREIGN KEY (decision_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.disposals
    ADD CONSTRAINT fk_disposals_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.disposals
    ADD CONSTRAINT fk_disposals_requester_id FOREIGN KEY (requester_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_case_id FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_filed_by FOREIGN KEY (filed_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.erased_openings
    ADD CONSTRAINT fk_erased_openings_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.erased_openings
    ADD CONSTRAINT fk_erased_openings_tombstone_id FOREIGN KEY (tombstone_id) REFERENCES public.tombstones(id);
ALTER TABLE ONLY public.facts
    ADD CONSTRAINT fk_facts_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT fk_grants_approval_id FOREIGN KEY (approval_id) REFERENCES public.approvals(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT fk_grants_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT fk_grants_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT fk_grants_release_entry_id FOREIGN KEY (release_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT fk_grants_request_id FOREIGN KEY (request_id) REFERENCES public.requests(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT fk_holds_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT fk_holds_case_id FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT fk_holds_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT fk_holds_placed_by FOREIGN KEY (placed_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT fk_holds_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT fk_holds_released_entry_id FOREIGN KEY (released_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.interruptions
    ADD CONSTRAINT fk_interruptions_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.interruptions
    ADD CONSTRAINT fk_interruptions_document_id FOREIGN KEY (document_id) REFERENCES public.documents(id);
ALTER TABLE ONLY public.interruptions
    ADD CONSTRAINT fk_interruptions_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.interruptions
    ADD CONSTRAINT fk_interruptions_made_by FOREIGN KEY (made_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.interruptions
    ADD CONSTRAINT fk_interruptions_noted_entry_id FOREIGN KEY (noted_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.inventories
    ADD CONSTRAINT fk_inventories_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.inventories
    ADD CONSTRAINT fk_inventories_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.inventories
    ADD CONSTRAINT fk_inventories_station_id FOREIGN KEY (station_id) REFERENCES public.stations(id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT fk_inventory_items_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT fk_inventory_items_explained_by FOREIGN KEY (explained_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT fk_inventory_items_explained_entry_id FOREIGN KEY (explained_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT fk_inventory_items_first_inventory_id FOREIGN KEY (first_inventory_id) REFERENCES public.inventories(id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT fk_inventory_items_last_inventory_id FOREIGN KEY (last_inventory_id) REFERENCES public.inventories(id);
ALTER TABLE ONLY public.inventory_items
    ADD CONSTRAINT fk_inventory_items_upload_id FOREIGN KEY (upload_id) REFERENCES public.uploads(id);
ALTER TABLE ONLY public.joins
    ADD CONSTRAINT fk_joins_ended_entry_id FOREIGN KEY (ended_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.joins
    ADD CONSTRAINT fk_joins_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.joins
    ADD CONSTRAINT fk_joins_member_id FOREIGN KEY (member_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.joins
    ADD CONSTRAINT fk_joins_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.joins
    ADD CONSTRAINT fk_joins_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.ledger_leaves
    ADD CONSTRAINT fk_ledger_leaves_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.ledger_openings
    ADD CONSTRAINT fk_ledger_openings_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT fk_links_case_id FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT fk_links_ended_entry_id FOREIGN KEY (ended_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT fk_links_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT fk_links_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT fk_marks_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT fk_marks_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT fk_marks_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.older_copies
    ADD CONSTRAINT fk_older_copies_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.originals
    ADD CONSTRAINT fk_originals_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT fk_outbox_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.parts
    ADD CONSTRAINT fk_parts_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.parts
    ADD CONSTRAINT fk_parts_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT fk_people_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.post_holders
    ADD CONSTRAINT fk_post_holders_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.post_holders
    ADD CONSTRAINT fk_post_holders_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id);
ALTER TABLE ONLY public.posts
    ADD CONSTRAINT fk_posts_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.quality_findings
    ADD CONSTRAINT fk_quality_findings_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT fk_quarantine_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT fk_quarantine_decided_by FOREIGN KEY (decided_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT fk_quarantine_decision_entry_id FOREIGN KEY (decision_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT fk_receipts_upload_id FOREIGN KEY (upload_id) REFERENCES public.uploads(id);
ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT fk_recordings_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT fk_recordings_device_id FOREIGN KEY (device_id) REFERENCES public.devices(id);
ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT fk_recordings_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.rendition_keys
    ADD CONSTRAINT fk_rendition_keys_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT fk_renditions_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.renewals
    ADD CONSTRAINT fk_renewals_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.renewals
    ADD CONSTRAINT fk_renewals_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.repeated_manifests
    ADD CONSTRAINT fk_repeated_manifests_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.repeated_manifests
    ADD CONSTRAINT fk_repeated_manifests_upload_id FOREIGN KEY (upload_id) REFERENCES public.uploads(id);
ALTER TABLE ONLY public.request_items
    ADD CONSTRAINT fk_request_items_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.request_items
    ADD CONSTRAINT fk_request_items_request_id FOREIGN KEY (request_id) REFERENCES public.requests(id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_case_id FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_post_id FOREIGN KEY (post_id) REFERENCES public.posts(id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_requester_id FOREIGN KEY (requester_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.retention_rules
    ADD CONSTRAINT fk_retention_rules_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.retention_rules
    ADD CONSTRAINT fk_retention_rules_ended_entry_id FOREIGN KEY (ended_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.retention_rules
    ADD CONSTRAINT fk_retention_rules_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT fk_revocations_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT fk_roles_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT fk_roles_ended_entry_id FOREIGN KEY (ended_entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT fk_roles_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT fk_roles_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.scrubs
    ADD CONSTRAINT fk_scrubs_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.station_codes
    ADD CONSTRAINT fk_station_codes_station_id FOREIGN KEY (station_id) REFERENCES public.stations(id);
ALTER TABLE ONLY public.station_keys
    ADD CONSTRAINT fk_station_keys_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.station_keys
    ADD CONSTRAINT fk_station_keys_station_id FOREIGN KEY (station_id) REFERENCES public.stations(id);
ALTER TABLE ONLY public.stations
    ADD CONSTRAINT fk_stations_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT fk_subjects_case_id FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT fk_tokens_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT fk_tombstones_disposal_id FOREIGN KEY (disposal_id) REFERENCES public.disposals(id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT fk_tombstones_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT fk_tombstones_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_agency_id FOREIGN KEY (agency_id) REFERENCES public.agencies(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_station_id FOREIGN KEY (station_id) REFERENCES public.stations(id);
ALTER TABLE ONLY public.vault_locks
    ADD CONSTRAINT fk_vault_locks_original_id FOREIGN KEY (original_id) REFERENCES public.originals(id);
ALTER TABLE ONLY public.views
    ADD CONSTRAINT fk_views_document_id FOREIGN KEY (document_id) REFERENCES public.documents(id);
ALTER TABLE ONLY public.views
    ADD CONSTRAINT fk_views_entry_id FOREIGN KEY (entry_id) REFERENCES public.ledger(id);
ALTER TABLE ONLY public.views
    ADD CONSTRAINT fk_views_person_id FOREIGN KEY (person_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.views
    ADD CONSTRAINT fk_views_recording_id FOREIGN KEY (recording_id) REFERENCES public.recordings(id);
ALTER TABLE ONLY public.views
    ADD CONSTRAINT fk_views_session_id FOREIGN KEY (session_id) REFERENCES public.sessions(id);
REVOKE ALL ON TABLE public.approvals FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.approvals TO tiezheng;
REVOKE ALL ON TABLE public.checkpoint_tokens FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.checkpoint_tokens TO tiezheng;
REVOKE ALL ON TABLE public.erased_openings FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.erased_openings TO tiezheng;
REVOKE ALL ON TABLE public.inventories FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.inventories TO tiezheng;
REVOKE ALL ON TABLE public.ledger FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.ledger TO tiezheng;
REVOKE ALL ON TABLE public.ledger_leaves FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.ledger_leaves TO tiezheng;
REVOKE ALL ON TABLE public.ledger_openings FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,DELETE,TRIGGER,UPDATE ON TABLE public.ledger_openings TO tiezheng;
REVOKE ALL ON TABLE public.originals FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.originals TO tiezheng;
REVOKE ALL ON TABLE public.receipts FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.receipts TO tiezheng;
REVOKE ALL ON TABLE public.renewals FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.renewals TO tiezheng;
REVOKE ALL ON TABLE public.repeated_manifests FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.repeated_manifests TO tiezheng;
REVOKE ALL ON TABLE public.revocations FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.revocations TO tiezheng;
REVOKE ALL ON TABLE public.station_keys FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.station_keys TO tiezheng;
REVOKE ALL ON TABLE public.tokens FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.tokens TO tiezheng;
REVOKE ALL ON TABLE public.tombstones FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.tombstones TO tiezheng;
REVOKE ALL ON TABLE public.uploads FROM tiezheng;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,UPDATE ON TABLE public.uploads TO tiezheng;
