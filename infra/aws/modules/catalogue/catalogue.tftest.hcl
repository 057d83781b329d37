# Pure logic: no provider. Each bad map is the good one with one fault.

variables {
  functions = {
    hello     = { kind = "job", memory_mb = 128, timeout_seconds = 900, concurrency_max = 1, settings = ["meta"] }
    door      = { kind = "http", memory_mb = 128, timeout_seconds = 30, concurrency_max = 1, settings = [] }
    caretaker = { kind = "sweep", memory_mb = 128, timeout_seconds = 60, concurrency_max = 1, settings = [] }
  }
  crates = ["hello", "door", "caretaker"]
  settings = {
    core = { environment = { BUS = "ours", EMPTY = "" }, secrets = ["DATABASE_URL"], optional_secrets = [] }
    meta = { environment = { META_URL = "https://meta" }, secrets = ["META_TOKEN"], optional_secrets = ["META_SECRET", "META_OTHER"] }
  }
  optional_secrets = ["META_SECRET"]
}

run "a_function_gets_the_settings_of_its_sections" {
  assert {
    condition     = output.functions["hello"].environment == tomap({ BUS = "ours", META_URL = "https://meta" })
    error_message = "Its own and the core's, without empty ones: ${jsonencode(output.functions["hello"].environment)}"
  }
  assert {
    condition     = output.functions["hello"].secrets == toset(["DATABASE_URL", "META_TOKEN", "META_SECRET"])
    error_message = "Required secrets, and optional ones that exist: ${jsonencode(output.functions["hello"].secrets)}"
  }
  assert {
    condition     = output.functions["door"].secrets == toset(["DATABASE_URL"])
    error_message = "A function gets no secret of a section it does not name."
  }
}

run "a_job_type_without_an_entry_is_refused" {
  command = plan
  variables {
    crates = ["hello", "door", "caretaker", "forgotten"]
  }
  expect_failures = [var.functions]
}

run "an_entry_without_a_folder_is_refused" {
  command = plan
  variables {
    crates = ["hello", "door"]
  }
  expect_failures = [var.functions]
}

run "an_unknown_section_is_refused" {
  command = plan
  variables {
    functions = {
      hello     = { kind = "job", memory_mb = 128, timeout_seconds = 900, concurrency_max = 1, settings = ["mtea"] }
      door      = { kind = "http", memory_mb = 128, timeout_seconds = 30, concurrency_max = 1, settings = [] }
      caretaker = { kind = "sweep", memory_mb = 128, timeout_seconds = 60, concurrency_max = 1, settings = [] }
    }
  }
  expect_failures = [var.functions]
}

run "a_timeout_that_lambda_does_not_grant_is_refused" {
  command = plan
  variables {
    functions = {
      hello     = { kind = "job", memory_mb = 128, timeout_seconds = 901, concurrency_max = 1, settings = [] }
      door      = { kind = "http", memory_mb = 128, timeout_seconds = 30, concurrency_max = 1, settings = [] }
      caretaker = { kind = "sweep", memory_mb = 128, timeout_seconds = 60, concurrency_max = 1, settings = [] }
    }
  }
  expect_failures = [var.functions]
}

run "two_reconcilers_are_refused" {
  command = plan
  variables {
    functions = {
      hello     = { kind = "sweep", memory_mb = 128, timeout_seconds = 900, concurrency_max = 1, settings = [] }
      door      = { kind = "http", memory_mb = 128, timeout_seconds = 30, concurrency_max = 1, settings = [] }
      caretaker = { kind = "sweep", memory_mb = 128, timeout_seconds = 60, concurrency_max = 1, settings = [] }
    }
  }
  expect_failures = [var.functions]
}

run "an_unknown_optional_secret_is_refused" {
  command = plan
  variables {
    optional_secrets = ["META_SECERT"]
  }
  expect_failures = [var.optional_secrets]
}
