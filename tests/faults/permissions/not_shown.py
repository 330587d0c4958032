"""Permissions whose need the emulator cannot show, with the reasons."""

_POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_BY_THE_EVENT_SOURCE = "the emulator polls queues and streams as itself, not as the function's role"
_404_WITHOUT_LIST_BUCKET = "without s3:ListBucket the emulator returns 404 for a missing key, where S3 returns 403"
_ONLY_IN_A_RACE = "called only in a race of two attempts; tests/functions and tests/faults interleave them"
_LOGGED_ANYWAY = "the emulator writes the functions' output to their log groups as itself"
_AT_THE_LIMIT = (
    "called only with the maximum of jobs in flight, which takes a minute to reach; tests/functions reaches it"
)
_WITH_A_QUOTA = "called only with a quota, which the stack of these tests lacks; tests/functions has one"
_WITH_A_RECEIVER = "the stack of these tests has no webhook receiver; test_events has one and proves these"
_FOR_LARGE_FILES = "the stack of these tests accepts no large files; that of test_events publishes one"
_EITHER_STATEMENT = (
    "two statements allow it, for items that the emulator does not distinguish; tests/template checks both"
)
_LIKE_A_RENAME = "a change of visibility is completed like a rename, which is proved; tests/functions completes both"
_ON_A_BROKEN_COPY = "called only if the copy of more than 50 MB fails; tests/functions does that"
_ON_A_BROKEN_TRANSFER = "called only if the transfer of more than 8 MiB fails; tests/unit does that"

# tests/template compares all permissions with the functions' calls.
NOT_SHOWN: dict[tuple[str, str, str], str] = {
    **{("PublishRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    **{("IngestRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:DescribeStream"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:GetRecords"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:GetShardIterator"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "FindTheStream", "dynamodb:ListStreams"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReportWhatFailedForGood", "sqs:SendMessage"): _BY_THE_EVENT_SOURCE,
    ("ReconcileRole", "SeeWhoMakesRenditions", "dynamodb:Query"): _LIKE_A_RENAME,
    ("ReconcileRole", "FindPublications", "s3:ListBucketMultipartUploads"): _LIKE_A_RENAME,
    **{
        ("DispatchRole", "ReadChangesAsTheyCome", f"dynamodb:{action}"): _BY_THE_EVENT_SOURCE
        for action in ("DescribeStream", "GetRecords", "GetShardIterator")
    },
    ("DispatchRole", "FindTheStream", "dynamodb:ListStreams"): _BY_THE_EVENT_SOURCE,
    **{("NotifyRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    **{
        ("NotifyRole", "HaveThemWait", f"sqs:{action}"): _WITH_A_RECEIVER
        for action in ("GetQueueUrl", "ChangeMessageVisibility")
    },
    **{
        (f"{name}Role", "TellMissingFromForbidden", "s3:ListBucket"): _404_WITHOUT_LIST_BUCKET
        for name in ("Upload", "Parts", "Publish", "Generate", "Ingest", "Renditions", "Frames", "Reconcile")
    },
    **{
        (role, statement, "dynamodb:UpdateItem"): _EITHER_STATEMENT
        for role in ("RenditionsRole", "FramesRole")
        for statement in ("HoldLeases", "RecordFacts")
    },
    **{
        (role, *permission): why
        for role in ("RenditionsRole", "FramesRole")
        for permission, why in (
            (("HoldLeases", "dynamodb:DeleteItem"), _ONLY_IN_A_RACE),
            (("StoreRenditions", "s3:DeleteObject"), _ONLY_IN_A_RACE),
            (("ReportWhatFailedForGood", "sqs:SendMessage"), _BY_THE_EVENT_SOURCE),
        )
    },
    ("UploadRole", "RecordAssets", "dynamodb:GetItem"): _WITH_A_QUOTA,
    ("PartsRole", "RecordAssets", "dynamodb:GetItem"): _WITH_A_QUOTA,
    ("ChangeRole", "CopyPublicBytes", "s3:DeleteObject"): _ONLY_IN_A_RACE,
    ("ReconcileRole", "TellMissingFromForbidden", "s3:ListBucket"): _404_WITHOUT_LIST_BUCKET,
    ("PublishRole", "RecordAssets", "dynamodb:GetItem"): _WITH_A_QUOTA,
    ("GenerateRole", "KeepJobs", "dynamodb:BatchGetItem"): _AT_THE_LIMIT,
    ("IngestRole", "CopyOutputs", "s3:AbortMultipartUpload"): _ON_A_BROKEN_TRANSFER,
    **{
        (f"{name}Role", statement, "s3:AbortMultipartUpload"): _ON_A_BROKEN_COPY
        for name, statement in (
            *((name, "PublishBytes") for name in ("Upload", "Parts", "Publish", "Ingest")),
            ("Change", "CopyPublicBytes"),
            ("Reconcile", "ClearUpRenditionsAndFinishChanges"),
        )
    },
}


def not_shown(role: str, statement_id: str, action: str) -> str | None:
    """Return why no attempt can show that this permission is needed; None if one can."""
    if statement_id == "WriteLogs":
        return _LOGGED_ANYWAY
    if role == "AssembleRole":
        return _FOR_LARGE_FILES
    return NOT_SHOWN.get((role, statement_id, action))
