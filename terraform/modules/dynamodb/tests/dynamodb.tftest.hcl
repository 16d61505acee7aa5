mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  environment         = "test"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/0"
  deletion_protection = true
  tables              = jsondecode(file("../../../src/main/resources/schema/tables.json"))
}

run "tables_are_those_of_the_schema_and_survive" {
  assert {
    condition     = toset(keys(output.names)) == toset(keys(var.tables))
    error_message = "Every table of the schema is made, and no other."
  }

  assert {
    condition     = output.names["jobs"] == "outpost-jobs-test"
    error_message = "Tables are called outpost-<table>-<environment>."
  }

  assert {
    condition = alltrue([for key, table in aws_dynamodb_table.this :
      join(" ", sort([for index in table.global_secondary_index : index.name])) == join(" ", keys(var.tables[key].indexes))
    ])
    error_message = "Indexes are those of the schema."
  }

  assert {
    condition     = alltrue([for key, table in aws_dynamodb_table.this : one(table.ttl[*].attribute_name) == var.tables[key].ttl])
    error_message = "Items expire by the attribute that the schema names."
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : table.point_in_time_recovery[0].enabled])
    error_message = "Every table can be restored to a point in time."
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : table.server_side_encryption[0].kms_key_arn == var.kms_key_arn])
    error_message = "Every table is encrypted with our key."
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : table.deletion_protection_enabled])
    error_message = "The variable switches deletion protection on."
  }
}

run "protection_can_be_left_out" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = !anytrue([for table in aws_dynamodb_table.this : table.deletion_protection_enabled])
    error_message = "Tables can be made without deletion protection."
  }
}

run "a_key_without_attribute_is_refused" {
  command = plan

  variables {
    tables = { jobs = { hash_key = "tenant_id", range_key = "job_id", attributes = { tenant_id = "S" }, indexes = {} } }
  }

  expect_failures = [var.tables]
}

run "an_attribute_that_is_no_key_is_refused" {
  command = plan

  variables {
    tables = { jobs = { hash_key = "tenant_id", attributes = { tenant_id = "S", status = "S" }, indexes = {} } }
  }

  expect_failures = [var.tables]
}

run "a_bad_environment_name_is_refused" {
  command = plan

  variables {
    environment = "Prod_1"
  }

  expect_failures = [var.environment]
}
