"""Permissions that the emulator cannot show, and why not."""

_POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_BY_THE_EVENT_SOURCE = "the emulator polls queues and streams as itself, not as the function's role"
_404_WITHOUT_LIST_BUCKET = "without s3:ListBucket the emulator returns 404 for a missing key, where S3 returns 403"
_ONLY_IN_A_RACE = "called only where two attempts meet; tests/functions and tests/faults interleave them"
_LOGGED_ANYWAY = "the emulator writes the functions' output to their log groups as itself"
_AT_THE_LIMIT = "called only with as many jobs in flight as are allowed, which takes a minute; tests/functions has them"
_WITH_A_QUOTA = "called only where owners have a quota, which the stack of these tests has not; tests/functions has one"
_WITH_A_RECEIVER = "the stack of these tests has no webhook receiver; test_events has one, and shows these"
_FOR_LARGE_FILES = "the stack of these tests takes no large files; that of test_events does, and publishes one"
_EITHER_STATEMENT = "two statements allow it, for items that the emulator does not tell apart; tests/template has both"
_AS_OF_A_NAME = "a change of visibility is finished as one of a name is, which is shown; tests/functions finishes both"
_ON_A_BROKEN_COPY = "called only where the copy of more than 50 MB breaks off; tests/functions does that"
_ON_A_BROKEN_TRANSFER = "called only where the transfer of more than 8 MiB breaks off; tests/unit does that"

# What the emulator cannot show, and why. tests/template compares all of them with what the functions call.
NOT_SHOWN: dict[tuple[str, str, str], str] = {
    **{("PublishRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    **{("IngestRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:DescribeStream"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:GetRecords"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:GetShardIterator"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "FindTheStream", "dynamodb:ListStreams"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReportWhatFailedForGood", "sqs:SendMessage"): _BY_THE_EVENT_SOURCE,
    ("ReconcileRole", "SeeWhoMakesRenditions", "dynamodb:Query"): _AS_OF_A_NAME,
    ("ReconcileRole", "FindPublications", "s3:ListBucketMultipartUploads"): _AS_OF_A_NAME,
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
    """Return why no attempt can show what this permission is for, if that is so."""
    if statement_id == "WriteLogs":
        return _LOGGED_ANYWAY
    if role == "AssembleRole":
        return _FOR_LARGE_FILES
    return NOT_SHOWN.get((role, statement_id, action))
