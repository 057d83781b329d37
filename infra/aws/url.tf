# The dispatcher's address.

locals {
  # Since October 2025 an address that everybody may call needs two statements in the function's policy:
  # InvokeFunctionUrl, which the provider adds to a URL without AWS_IAM by itself, and InvokeFunction
  # through the URL only, which provider 5.100 cannot express and CloudFormation can. Without that
  # condition every AWS account could invoke the function directly, with any payload.
  public_functions = [for name, it in local.functions : name if it.kind == "http" && var.url_auth == "NONE"]
  dispatcher       = one([for name, it in local.functions : name if it.kind == "http"])
}

# No CORS: it is called by programs and, one day, by pages of its own.
resource "aws_lambda_function_url" "dispatcher" {
  #checkov:skip=CKV_AWS_258:the dispatcher asks for a bearer token, so that callers without AWS credentials reach it; url_auth = AWS_IAM asks for both
  function_name      = module.function[local.dispatcher].name
  qualifier          = module.function[local.dispatcher].alias_name
  authorization_type = var.url_auth
}

resource "aws_cloudformation_stack" "url_permission" {
  #checkov:skip=CKV_AWS_124:one permission, made and removed by Terraform, which waits and tells
  for_each = toset(local.public_functions)

  name = "${local.name}-url-permission"
  template_body = jsonencode({
    Resources = {
      Permission = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          Action                = "lambda:InvokeFunction"
          FunctionName          = module.function[each.key].alias_arn
          InvokedViaFunctionUrl = true
          Principal             = "*"
        }
      }
    }
  })

  depends_on = [aws_lambda_function_url.dispatcher]
}
