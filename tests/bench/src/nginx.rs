//! The origin of the files: nginx as an ordinary process on a free port.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::Instant,
};

/// How long nginx may take to answer. It takes 20 ms.
const START_WAIT: Duration = Duration::from_secs(5);
const START_POLL: Duration = Duration::from_millis(10);

/// Serves one folder until it is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    port: u16,
    _process: Child,
}

impl Nginx {
    /// Serves `folder`, keeping its own files in `home`.
    pub(crate) async fn start(folder: &Path, home: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(home)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let settings = home.join("nginx.conf");
        fs::write(&settings, configuration(port, folder, home))?;
        let process = Command::new("nginx")
            .arg("-p")
            .arg(home)
            .arg("-e")
            .arg(home.join("error.log"))
            .arg("-c")
            .arg(&settings)
            .kill_on_drop(true)
            .spawn()
            .context("starting nginx; install it (Debian: apt-get install nginx-light)")?;
        let give_up = Instant::now() + START_WAIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            anyhow::ensure!(
                Instant::now() < give_up,
                "nginx does not answer; see {}",
                home.display()
            );
            tokio::time::sleep(START_POLL).await;
        }
        Ok(Self {
            port,
            _process: process,
        })
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// One process, so that ending it ends all of nginx, and no other user whose rights would matter.
fn configuration(port: u16, folder: &Path, home: &Path) -> String {
    let (folder, home) = (folder.display(), home.display());
    format!(
        "daemon off;
master_process off;
pid {home}/pid;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  types {{ image/jpeg jpg; video/mp4 mp4; }}
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}; autoindex on; }}
}}
"
    )
}
