use crate::{Counts, Spec, World, serve, wait_until};
use anyhow::{Context, Result, bail};
use chassis::{Entrance, ServeError, Shutdown};
use domain::{Instance, Role};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Instances of every role in this process, meeting over real sockets.
pub struct System {
    pub world: World,
    running: Vec<Running>,
}

/// One instance in this process.
pub struct Running {
    pub instance: Instance,
    shutdown: Shutdown,
    task: JoinHandle<Result<(), ServeError>>,
}

impl System {
    /// Starts `counts` instances on free ports of the loopback address, and waits until all of them are ready to work.
    pub async fn start(world: World, counts: Counts) -> Result<Self> {
        let mut system = Self { world, running: Vec::new() };
        for role in counts.roles() {
            system.add(role, free_port().await?)?;
        }
        system.ready().await?;
        Ok(system)
    }

    /// A system without instances, for [`System::add`].
    pub fn new(world: World) -> Self {
        Self { world, running: Vec::new() }
    }

    /// Starts one more instance.
    pub fn add(&mut self, role: Role, listener: TcpListener) -> Result<&Running> {
        let spec = Spec::new(role, format!("http://{}", listener.local_addr()?))?;
        let (instance, shutdown) = (spec.instance.clone(), Shutdown::new());
        let task = tokio::spawn(serve(spec, Entrance::open(listener), self.world.clone(), shutdown.clone()));
        self.running.push(Running { instance, shutdown, task });
        self.running.last().context("just pushed")
    }

    /// Starts one more instance on a free port, and waits until it is ready to work.
    pub async fn join(&mut self, role: Role) -> Result<()> {
        self.add(role, free_port().await?)?;
        self.ready().await
    }

    /// Waits until every instance is known to the others and a mover leads.
    pub async fn ready(&self) -> Result<()> {
        for role in Role::ALL {
            let expected = self.of(role).count();
            wait_until(&format!("{expected} instances of role {}", role.as_str()), || async {
                let alive = self.world.store.instances(role).await.map_err(|error| error.to_string())?;
                let known =
                    self.of(role).filter(|running| alive.iter().any(|peer| peer.id == running.instance.id)).count();
                (known == expected).then_some(()).ok_or_else(|| format!("{known} are registered"))
            })
            .await?;
        }
        if self.of(Role::Mover).next().is_none() {
            return Ok(());
        }
        wait_until("a mover to lead", || async {
            let leader = self.world.store.leader().await.map_err(|error| error.to_string())?;
            leader.map(drop).ok_or_else(|| "nobody leads".to_owned())
        })
        .await
    }

    pub fn of(&self, role: Role) -> impl Iterator<Item = &Running> {
        self.running.iter().filter(move |running| running.instance.role == role)
    }

    /// The addresses of a role's instances, in the order in which they were started.
    pub fn addresses(&self, role: Role) -> Vec<String> {
        self.of(role).map(|running| running.instance.address.clone()).collect()
    }

    /// Takes an instance out of the system, to stop it alone.
    pub fn take(&mut self, role: Role, index: usize) -> Result<Running> {
        let place = self.running.iter().enumerate().filter(|(_, running)| running.instance.role == role).nth(index);
        let Some((place, _)) = place else { bail!("no {} number {index}", role.as_str()) };
        Ok(self.running.remove(place))
    }

    /// The mover that leads, taken out of the system.
    pub async fn take_leader(&mut self) -> Result<Running> {
        let leader = self.world.store.leader().await?.context("nobody leads")?;
        let index = self.of(Role::Mover).position(|running| running.instance.id == leader);
        self.take(Role::Mover, index.with_context(|| format!("{leader} leads and is not of this system"))?)
    }

    /// Stops everything, clients' side first, and waits until it has ended.
    pub async fn stop(self) -> Result<()> {
        for running in self.running.iter() {
            running.shutdown.cancel();
        }
        for running in self.running {
            running.stop().await?;
        }
        Ok(())
    }
}

async fn free_port() -> Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")
}

impl Running {
    /// Ends it as SIGTERM would, and waits until it has ended.
    pub async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        let served = self.task.await.context("the service panicked")?;
        served.with_context(|| format!("{} failed", self.instance.id))
    }

    /// Waits until it ends by itself.
    pub async fn ended(self) -> Result<()> {
        self.task.await.context("the service panicked")??;
        Ok(())
    }
}
