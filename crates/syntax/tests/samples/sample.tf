variable "a" {
  default = "{"
}

# The server.
resource "server" "main" {
  name = var.a

  network {
    port = 1 # {
  }
}
