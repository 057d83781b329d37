terraform {
  required_version = ">= 1.11"

  # State holds no secret, but the name of everything: it lies encrypted, one object per environment.
  # `stack.py` names the bucket and makes it.
  backend "s3" {}

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.x knows the second permission of function URLs and calls some arguments by other names.
      version = "5.100.0"
    }
  }
}

provider "aws" {
  s3_use_path_style = var.s3_path_style

  default_tags {
    tags = { Installation = local.name, ManagedBy = "terraform" }
  }
}
