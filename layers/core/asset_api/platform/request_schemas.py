"""The bodies that clients send, as schemas for pydantic's core: of each its fields, and its configuration.

By `make openapi`, from tools/openapi/request_models.py.
"""

from typing import Any

# ruff: noqa: E501
# fmt: off
UPLOAD_FORM_REQUEST: dict[str, Any] = {
    'schema': {'type': 'model-fields',
               'fields': {'filename': {'type': 'model-field', 'schema': {'type': 'str', 'min_length': 1}},
                          'content_type': {'type': 'model-field',
                                           'schema': {'type': 'default',
                                                      'schema': {'type': 'nullable',
                                                                 'schema': {'type': 'str'}},
                                                      'default': None}},
                          'size_bytes': {'type': 'model-field',
                                         'schema': {'type': 'default',
                                                    'schema': {'type': 'nullable',
                                                               'schema': {'type': 'int', 'ge': 0}},
                                                    'default': None}},
                          'sha256': {'type': 'model-field',
                                     'schema': {'type': 'default',
                                                'schema': {'type': 'nullable',
                                                           'schema': {'type': 'str',
                                                                      'pattern': '^[0-9a-fA-F]{64}$'}},
                                                'default': None}},
                          'expires_in': {'type': 'model-field',
                                         'schema': {'type': 'default',
                                                    'schema': {'type': 'nullable', 'schema': {'type': 'int'}},
                                                    'default': None}},
                          'tags': {'type': 'model-field',
                                   'schema': {'type': 'default',
                                              'schema': {'type': 'nullable',
                                                         'schema': {'type': 'list',
                                                                    'items_schema': {'type': 'str'}}},
                                              'default': None}},
                          'visibility': {'type': 'model-field',
                                         'schema': {'type': 'default',
                                                    'schema': {'type': 'nullable', 'schema': {'type': 'str'}},
                                                    'default': None}}},
               'model_name': 'UploadFormRequest',
               'computed_fields': []},
    'config': {'title': 'UploadFormRequest', 'strict': True, 'str_max_length': 255},
}
GENERATE_REQUEST: dict[str, Any] = {
    'schema': {'type': 'model-fields',
               'fields': {'prompt': {'type': 'model-field',
                                     'schema': {'type': 'str', 'min_length': 1, 'max_length': 4000}},
                          'model_id': {'type': 'model-field',
                                       'schema': {'type': 'str',
                                                  'pattern': '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(:[A-Za-z0-9]{1,64})?$'}},
                          'input': {'type': 'model-field',
                                    'schema': {'type': 'default',
                                               'schema': {'type': 'dict',
                                                          'keys_schema': {'type': 'str'},
                                                          'values_schema': {'type': 'any'}},
                                               'default': {}}}},
               'model_name': 'GenerateRequest',
               'computed_fields': []},
    'config': {'title': 'GenerateRequest', 'strict': True},
}
IMPORT_REQUEST: dict[str, Any] = {
    'schema': {'type': 'model-fields',
               'fields': {'url': {'type': 'model-field',
                                  'schema': {'type': 'str', 'min_length': 1, 'max_length': 4096}},
                          'filename': {'type': 'model-field',
                                       'schema': {'type': 'default',
                                                  'schema': {'type': 'nullable',
                                                             'schema': {'type': 'str',
                                                                        'min_length': 1,
                                                                        'max_length': 255}},
                                                  'default': None}}},
               'model_name': 'ImportRequest',
               'computed_fields': []},
    'config': {'title': 'ImportRequest', 'strict': True},
}
