/**
 * Element's interface as a page: the parts of matrix-react-sdk put together as Element Web does, for tests to look at.
 * All of the SDK but SdkConfig is required only once that holds a value: it has import cycles.
 */
// biome-ignore assist/source/organizeImports: SdkConfig has to run first
import SdkConfig from 'matrix-react-sdk/lib/SdkConfig';
import BasePlatform from 'matrix-react-sdk/lib/BasePlatform';
import PlatformPeg from 'matrix-react-sdk/lib/PlatformPeg';
import React from 'react';
import ReactDOM from 'react-dom';

class TestPlatform extends BasePlatform {
  async getConfig() {
    return window.__config;
  }
  getDefaultDeviceDisplayName() {
    return 'a test';
  }
  getHumanReadableName() {
    return 'a test';
  }
  async requestNotificationPermission() {
    return 'denied';
  }
  supportsNotifications() {
    return false;
  }
  maySendNotifications() {
    return false;
  }
  async getAppVersion() {
    return '0';
  }
  reload() {
    location.reload();
  }
}

function currentScreen() {
  const [screen, query] = location.hash.slice(1).split('?');
  return { screen: screen.replace(/^\//, ''), params: Object.fromEntries(new URLSearchParams(query)) };
}

async function show() {
  window.__config = await (await fetch('/config.json')).json();
  const homeserver = window.__config.default_server_config['m.homeserver'];
  SdkConfig.put(window.__config);
  const languageHandler = require('matrix-react-sdk/lib/languageHandler');
  const AutoDiscoveryUtils = require('matrix-react-sdk/lib/utils/AutoDiscoveryUtils').default;
  const MatrixChat = require('matrix-react-sdk/lib/components/structures/MatrixChat').default;
  const { setTheme } = require('matrix-react-sdk/lib/theme');
  window.mxDispatcher = require('matrix-react-sdk/lib/dispatcher/dispatcher').default;
  PlatformPeg.set(new TestPlatform());
  await languageHandler.setLanguage(['en']);
  const validated = await AutoDiscoveryUtils.validateServerConfigWithStaticUrls(homeserver.base_url, undefined, true);
  Object.assign(validated, { isDefault: true, hsName: homeserver.server_name });
  SdkConfig.add({ validated_server_config: validated });
  await setTheme('light').catch(() => {});
  const chat = React.createRef();
  addEventListener('hashchange', () => {
    const { screen, params } = currentScreen();
    chat.current?.showScreen(screen, params);
  });
  ReactDOM.render(
    <MatrixChat
      ref={chat}
      config={SdkConfig.get()}
      realQueryParams={{}}
      startingFragmentQueryParams={currentScreen().params}
      initialScreenAfterLogin={currentScreen()}
      enableGuest={false}
      onTokenLoginCompleted={() => {}}
      defaultDeviceDisplayName="a test"
      onNewScreen={(screen, replace) => (replace ? location.replace(`#/${screen}`) : location.assign(`#/${screen}`))}
    />,
    document.getElementById('matrixchat'),
  );
}

show().catch((error) => console.error(error));
