/** How a console shows what it is. */
export interface ConsoleSign {
  readonly console: string;
  /** '/' is read anyway; other paths cost a request each. */
  readonly path: string;
  readonly realm?: RegExp;
  readonly header?: string;
  readonly location?: RegExp;
  readonly body?: RegExp;
}

export const consoleSigns: readonly ConsoleSign[] = [
  {
    console: 'WildFly',
    path: '/',
    realm: /^ManagementRealm$/,
    location: /^(?:https?:\/\/[^/]+)?\/console(?:\/|$)/,
  },
  { console: 'WildFly', path: '/management', realm: /^ManagementRealm$/ },
  {
    console: 'Keycloak',
    path: '/',
    body: /<title>\s*Welcome to Keycloak/i,
    location: /\/admin\/?$|\/realms\/master\//,
  },
  { console: 'Keycloak', path: '/admin/master/console/', body: /<title>[^<]{0,40}Keycloak Admin/i },
  { console: 'Kibana', path: '/', header: 'kbn-name', body: /<title>\s*(?:Kibana|Elastic)\s*<\/title>/i },
  { console: 'pgAdmin', path: '/', body: /<title>\s*pgAdmin 4/i },
  { console: 'pgAdmin', path: '/pgadmin4/login', body: /<title>\s*pgAdmin 4/i },
  { console: 'phpMyAdmin', path: '/phpmyadmin/', body: /<title>[^<]{0,80}phpMyAdmin/i },
  { console: 'phpLDAPadmin', path: '/', body: /<title>[^<]{0,80}phpLDAPadmin/i },
  { console: 'phpLDAPadmin', path: '/phpldapadmin/', body: /<title>[^<]{0,80}phpLDAPadmin/i },
];
